import { CompileError, type Diagnostic, type Where } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import { numbersIn } from '../ir/expr.ts'
import { fold, isConstant } from '../ir/fold.ts'
import { type Graph, topological } from '../ir/graph.ts'
import { constant, create, type Node } from '../ir/node.ts'
import { refuseHuge } from '../ir/size-limit.ts'
import { allFinite } from '../ir/tensor.ts'
import { readAttributes } from './attributes.ts'
import { checkShape, importInput, importOutput, type OpenSizes } from './boundary.ts'
import { whereOf } from './check-model.ts'
import type { Context } from './importers/context.ts'
import { importerOf } from './importers/index.ts'
import { type Body, inlineFunction } from './inline.ts'
import type { Model, ModelGraph, ModelNode, ModelTensor } from './model.ts'
import { neededNodes, readsOf } from './order.ts'
import { type ReadExternal, readTensor } from './tensors.ts'

export interface ImportOptions extends OpenSizes {
  readonly name: string
  readonly readExternal: ReadExternal | undefined
}

export interface Imported {
  readonly graph: Graph
  readonly warnings: readonly Diagnostic[]
}

/** A value by its ONNX name; undefined where the node that makes it could not be imported. */
type Scope = Map<string, Node | undefined>

interface Import {
  readonly model: Model
  readonly problems: Diagnostic[]
  readonly warn: (warning: Diagnostic) => void
  readonly readTensor: Context['readTensor']
  readonly elementTypes: WeakMap<Node, number>
}

/**
 * A checked model as a graph. Nodes that no output needs are left out. Throws one CompileError with everything that
 * is not supported: a node that fails hides only those that depend on it.
 */
export function importGraph(model: Model, options: ImportOptions): Imported {
  const problems: Diagnostic[] = []
  const warnings: Diagnostic[] = []
  const warn = (warning: Diagnostic) => void warnings.push(warning)
  const importing: Import = {
    model,
    problems,
    warn,
    readTensor: tensor => readTensor(tensor, options.readExternal, warn),
    elementTypes: new WeakMap(),
  }
  const { graph } = model
  const scope: Scope = new Map()
  const inputs = graph.inputs.flatMap(value => {
    const node = attempt(problems, () => importInput(value, options, warn))
    scope.set(value.name, node)
    if (node) importing.elementTypes.set(node, value.dataType)
    return node ? [node] : []
  })
  importBody(importing, graph, { opsets: model.opsets, path: [] }, scope)
  const outputs = graph.outputs.flatMap(value => {
    const made = scope.get(value.name)
    const node = made && attempt(problems, () => importOutput(value, made))
    if (node) warnings.push(...checkShape(value, node.type))
    return node ? [{ name: value.name, node }] : []
  })
  const result: Graph = { name: options.name, inputs, outputs }
  problems.push(...flawsOf(result))
  if (problems.length > 0) throw new CompileError(...problems)
  return { graph: result, warnings }
}

/** Versions of the operator sets, and the local functions that are being inlined. */
type Surroundings = Pick<Body, 'opsets' | 'path'>

/** Imports what the outputs of a graph need into the scope. */
function importBody(importing: Import, graph: ModelGraph, around: Surroundings, scope: Scope): void {
  const outputs = graph.outputs.map(({ name }) => name)
  const nodes = neededNodes(graph.nodes, outputs)
  const read = new Set([...nodes.flatMap(readsOf), ...outputs])
  for (const tensor of graph.initializers)
    if (read.has(tensor.name))
      scope.set(
        tensor.name,
        attempt(importing.problems, () => importTensor(importing, tensor)),
      )
  importNodes(importing, { nodes, outputs, ...around }, scope)
}

function importTensor({ readTensor, elementTypes }: Import, tensor: ModelTensor): Node {
  const node = constant(readTensor(tensor), [tensor.name])
  elementTypes.set(node, tensor.dataType)
  return node
}

/** Imports nodes in order into the scope. */
function importNodes(importing: Import, { nodes, outputs, ...around }: Omit<Body, 'inputs'>, scope: Scope): void {
  const used = new Set([...nodes.flatMap(readsOf), ...outputs])
  for (const node of nodes) {
    const inputs = node.inputs.map(name => (name === '' ? undefined : scope.get(name)))
    const isBroken = node.inputs.some((name, k) => name !== '' && !inputs[k])
    if (isBroken) importing.problems.push(...unsupportedIn(importing, node, around.path))
    const results = isBroken
      ? undefined
      : attempt(importing.problems, () => run(importing, node, inputs, around, scope))
    node.outputs.forEach((name, k) => {
      if (name === '') return
      if (results && !results[k] && used.has(name))
        importing.problems.push(diagnostics.unsupportedOutput(whereOf(node), name))
      scope.set(name, results?.[k])
    })
  }
}

/** Of a node whose inputs could not be imported: itself, or what the function that it calls has, if not supported. */
function unsupportedIn(importing: Import, node: ModelNode, path: readonly string[]): readonly Diagnostic[] {
  const problems: Diagnostic[] = []
  const body = attempt(problems, () => inlineFunction(importing.model.functions, node, path))
  if (body) return body.nodes.flatMap(inner => unsupportedIn(importing, inner, body.path))
  if (problems.length > 0 || isIf(node) || importerOf(node.domain, node.op)) return problems
  return [diagnostics.unsupportedOp(whereOf(node), node.domain)]
}

function run(
  importing: Import,
  node: ModelNode,
  inputs: readonly (Node | undefined)[],
  around: Surroundings,
  outer: Scope,
): readonly (Node | undefined)[] {
  const where = whereOf(node)
  const body = inlineFunction(importing.model.functions, node, around.path)
  if (body) {
    const scope: Scope = new Map(body.inputs.map((name, k) => [name, inputs[k]]))
    importNodes(importing, body, scope)
    return resultsOf(importing, body.outputs, scope)
  }
  if (isIf(node)) {
    const branch = takenBranch(node, inputs[0])
    const scope: Scope = new Map(outer)
    importBody(importing, branch, around, scope)
    return resultsOf(
      importing,
      branch.outputs.map(({ name }) => name),
      scope,
    )
  }
  const importer = importerOf(node.domain, node.op)
  if (!importer) throw new CompileError(diagnostics.unsupportedOp(where, node.domain))
  const opset = around.opsets.get(node.domain) ?? importing.model.opsets.get(node.domain) ?? 1
  const context = contextOf(importing, node, where, inputs, opset)
  const result = importer(context)
  context.attributes.refuseUnread()
  return Array.isArray(result) ? (result as readonly Node[]) : [result as Node]
}

/** What an inlined body makes. Where something in it failed, its problems are known already: none is added. */
function resultsOf({ problems }: Import, names: readonly string[], scope: Scope): readonly (Node | undefined)[] {
  const results = names.map(name => scope.get(name))
  if (problems.length > 0 && results.includes(undefined)) throw new CompileError()
  return results
}

const isIf = ({ op, domain }: ModelNode): boolean => op === 'If' && domain === ''

/** The branch that a constant condition takes, which stands for the node. */
function takenBranch(node: ModelNode, condition: Node | undefined): ModelGraph {
  const where = whereOf(node)
  if (!condition) throw new CompileError(diagnostics.invalidNode(where, 'has no condition'))
  if (!isConstant(condition)) throw new CompileError(diagnostics.notConstant(where, 'condition'))
  const name = condition.attrs.value.values[0] ? 'then_branch' : 'else_branch'
  const graph = node.attributes.get(name)?.graph
  if (!graph) throw new CompileError(diagnostics.invalidNode(where, `lacks the attribute ${name}`))
  return graph
}

function contextOf(
  { warn, readTensor, elementTypes }: Import,
  node: ModelNode,
  where: Where,
  inputs: readonly (Node | undefined)[],
  opset: number,
): Context {
  const origin = [where.node ?? '?']
  return {
    where,
    origin,
    opset,
    attributes: readAttributes(where, node.attributes),
    inputs,
    outputCount: node.outputs.length,
    readTensor,
    elementTypeOf: value => elementTypes.get(value),
    declare: (value, type) => void elementTypes.set(value, type),
    warn,
    make: (op, operands, attrs) => {
      const node = attemptToCreate(where, op, operands, () => create(op, operands, attrs, origin) as Node)
      refuseHuge(where, node.type)
      return fold(node)
    },
  }
}

function attemptToCreate(where: Where, op: string, operands: readonly Node[], make: () => Node): Node {
  try {
    return make()
  } catch (error) {
    // What the engine itself cannot do, such as recursion without end, says nothing about the model's types.
    if (error instanceof RangeError) throw new CompileError(diagnostics.tooMany(where, `a ${op} too deep`, 'less'))
    throw new CompileError(misfit(where, operands, error))
  }
}

/** `infer` refuses operands that do not fit: types that the language computes nothing of, or wrong shapes. */
function misfit(where: Where, operands: readonly Node[], error: unknown): Diagnostic {
  const reason = error instanceof Error ? error.message : String(error)
  const types = operands.map(({ type }) => type.dtype)
  return types.every(dtype => dtype === 'f32')
    ? diagnostics.invalidNode(where, `has operands that do not fit: ${reason}`)
    : diagnostics.unsupportedForm(where, `takes operands of types ${types.join(', ')} (${reason})`, 'float operands')
}

/** Values that the language has no form for, found where they reach an output. */
function flawsOf(graph: Graph): Diagnostic[] {
  return topological(graph).flatMap(node => {
    const where = { node: node.origin[0] ?? '?' }
    if (node.type.shape.includes(0))
      return [diagnostics.unsupportedForm(where, `is empty: its shape is [${node.type.shape}]`, 'sizes of at least 1')]
    if (node.op === 'map' && numbersIn(node.attrs.expr).some(Number.isNaN))
      return [diagnostics.notFinite(where, 'computes with a number that is none')]
    if (node.op !== 'constant' || node.type.dtype !== 'f32') return []
    return allFinite(node.attrs.value.values as Float32Array) ? [] : [diagnostics.notFinite(where)]
  })
}

/** The result, or undefined with the reasons added to `problems`. */
function attempt<T>(problems: Diagnostic[], action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    problems.push(...error.diagnostics)
    return undefined
  }
}
