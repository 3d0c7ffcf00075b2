import { CompileError } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import { whereOf } from './check-model.ts'
import type { ModelAttribute, ModelFunction, ModelNode } from './model.ts'
import { neededNodes } from './order.ts'

/** The body of a local function, ready to be imported in the caller's place. */
export interface Body {
  readonly nodes: readonly ModelNode[]
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly opsets: ReadonlyMap<string, number>
  /** The functions entered so far. */
  readonly path: readonly string[]
}

/**
 * The function that a node calls, with the caller's attributes in place; undefined where it calls none. Its nodes are
 * named after the caller. Throws where the function calls itself or relies on defaults that the decoder drops.
 */
export function inlineFunction(
  functions: readonly ModelFunction[],
  node: ModelNode,
  path: readonly string[],
): Body | undefined {
  const found = functions.filter(({ name, domain }) => name === node.op && domain === node.domain)
  const [callee] = found
  if (!callee) return undefined
  const where = whereOf(node)
  const key = `${node.domain}.${node.op}`
  if (found.length > 1)
    throw new CompileError(diagnostics.unsupportedForm(where, 'calls an overloaded function', 'functions of one form'))
  if (path.includes(key)) throw new CompileError(diagnostics.invalidNode(where, 'calls itself'))
  const omitted = new Set(callee.inputs.filter((_, k) => !node.inputs[k]))
  return {
    nodes: neededNodes(callee.nodes, callee.outputs).map(inner => ({
      ...inner,
      name: `${where.node}/${inner.name || whereOf(inner).node}`,
      inputs: inner.inputs.map(name => (omitted.has(name) ? '' : name)),
      attributes: new Map(
        [...inner.attributes].flatMap(([name, attribute]): [string, ModelAttribute][] => {
          const value = attribute.reference === '' ? attribute : passed(callee, node, attribute.reference)
          return value ? [[name, value]] : []
        }),
      ),
    })),
    inputs: callee.inputs,
    outputs: callee.outputs,
    opsets: callee.opsets,
    path: [...path, key],
  }
}

/** The caller's attribute; undefined where it leaves an optional one out. */
function passed(callee: ModelFunction, caller: ModelNode, name: string): ModelAttribute | undefined {
  const value = caller.attributes.get(name)
  if (value || callee.attributes.includes(name)) return value
  throw new CompileError(
    diagnostics.unsupportedForm(
      whereOf(caller),
      `calls a function with a default for its attribute ${name}`,
      'functions whose attributes are all given',
      'Inline the functions, for example with onnx.inliner.',
    ),
  )
}
