import { CompileError, type Diagnostic, type Where } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import type { Model, ModelGraph, ModelNode } from './model.ts'
import { orderNodes } from './order.ts'
import { checkTensor } from './tensors.ts'

/** Versions of the default operator set that the importers know. */
export const opsetRange = { from: 6, to: 25 } as const

/**
 * Checks what a decoder does not: a file cut at a field boundary decodes without complaint. Throws one CompileError
 * with everything that is wrong: versions, names that nothing produces, tensors whose data do not fill their shape.
 */
export function checkModel(model: Model): void {
  const { graph, irVersion, opsets } = model
  const problems: Diagnostic[] = []
  if (irVersion <= 0) problems.push(diagnostics.invalidModel('The file has no ir_version.'))
  const opset = opsets.get('')
  if (opset === undefined)
    problems.push(diagnostics.invalidModel('The file names no version of the ONNX operator set; it may be truncated.'))
  else if (opset < opsetRange.from || opset > opsetRange.to)
    problems.push(diagnostics.unsupportedOpset(opset, opsetRange.from, opsetRange.to))
  if (graph.outputs.length === 0)
    problems.push(diagnostics.invalidModel('The graph has no outputs; the file may be truncated.'))
  if (graph.hasSparse)
    problems.push(
      diagnostics.invalidModel('The graph has sparse initializers.', 'Store weights as dense initializers.'),
    )
  for (const [kind, values] of [
    ['input', graph.inputs],
    ['output', graph.outputs],
  ] as const)
    for (const { name } of values.filter((value, k) => values.findIndex(({ name }) => name === value.name) !== k))
      problems.push(diagnostics.invalidModel(`The graph has two ${kind}s named '${name}'.`))
  problems.push(...graph.initializers.flatMap(checkTensor))
  problems.push(...checkNames(graph))
  for (const { name, nodes, inputs, outputs } of model.functions)
    problems.push(...checkNames({ nodes, inputs: named(inputs), outputs: named(outputs) }, ` of function '${name}'`))
  if (problems.length > 0) throw new CompileError(...problems)
}

/** Where a diagnostic points; an unnamed node goes by its first output. */
export function whereOf(node: ModelNode): Where {
  const output = node.outputs.find(name => name !== '') ?? ''
  return { node: node.name || output || '?', op: node.op || '?', output }
}

type Body = Pick<ModelGraph, 'nodes'> & { readonly [K in 'inputs' | 'outputs']: readonly { readonly name: string }[] }

const named = (names: readonly string[]) => names.map(name => ({ name }))

/** Every name used is produced, and only once, in any order but a circle. Branches of an If see the names around them. */
function checkNames(
  body: Body & Partial<Pick<ModelGraph, 'initializers'>>,
  of = ' of the graph',
  outer: ReadonlySet<string> = new Set(),
): Diagnostic[] {
  const problems: Diagnostic[] = []
  const { nodes, inputs, outputs, initializers = [] } = body
  const own = new Set([...initializers, ...inputs].map(({ name }) => name))
  for (const node of nodes)
    for (const name of node.outputs) {
      if (name === '') continue
      if (own.has(name))
        problems.push(diagnostics.invalidNode(whereOf(node), `produces '${name}', which exists already`))
      own.add(name)
    }
  const known = new Set([...outer, ...own])
  for (const node of nodes) {
    const where = whereOf(node)
    if (node.op === '') problems.push(diagnostics.invalidNode(where, 'has no operator type'))
    for (const name of node.inputs)
      if (name !== '' && !known.has(name))
        problems.push(diagnostics.invalidNode(where, `reads '${name}', which nothing produces`))
    if (node.op === 'If')
      for (const [branch, { graph }] of node.attributes)
        if (graph) problems.push(...checkNames(graph, ` of ${branch} of '${where.node}'`, known))
  }
  const { cyclic } = orderNodes(nodes)
  if (cyclic) problems.push(diagnostics.invalidNode(whereOf(cyclic), 'depends on its own result'))
  for (const { name } of outputs)
    if (!known.has(name)) problems.push(diagnostics.invalidModel(`Nothing produces the output '${name}'${of}.`))
  return problems
}
