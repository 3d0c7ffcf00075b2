import { showExpr } from './expr.ts'
import { type Graph, topological } from './graph.ts'
import type { Node } from './node.ts'
import { showType, type Tensor } from './tensor.ts'

/** Above this many values a constant is printed as base64 of its little-endian bytes. */
const INLINE = 64

/**
 * The text form of a graph; `parse` reads it back. One line per node:
 *   %3 = conv2d(%1, %2) stride=[1,1] … epilogue=max(a, 0) : f32[1,24,24,20] # /0/Conv
 */
export function print(graph: Graph): string {
  const names = new Map<Node, string>()
  const lines: string[] = []
  for (const node of [...graph.inputs, ...topological(graph)]) {
    if (names.has(node)) continue
    names.set(node, `%${names.size}`)
    const operands = node.operands.map(operand => names.get(operand)).join(', ')
    const origin = node.origin.map(name => encodeURI(name)).join(' ')
    lines.push(`  ${names.get(node)} = ${node.op}(${operands})${printAttrs(node)} : ${showType(node.type)} # ${origin}`)
  }
  const outputs = graph.outputs.map(({ name, node }) => `${JSON.stringify(name)}: ${names.get(node)}`)
  return [`graph ${JSON.stringify(graph.name)} {`, ...lines, `  return ${outputs.join(', ')}`, '}', ''].join('\n')
}

const printAttrs = (node: Node): string =>
  Object.entries(node.attrs)
    .map(([key, value]) => {
      if (key === 'expr' || key === 'epilogue') return ` ${key}=${showExpr(value)}`
      if (key === 'value' && node.op === 'constant') return ` ${printValues(node.attrs.value)}`
      // JSON has no infinity, but reads a number too large for it as one.
      if (value === Infinity || value === -Infinity) return ` ${key}=${value > 0 ? '' : '-'}1e999`
      return ` ${key}=${JSON.stringify(value)}`
    })
    .join('')

function printValues({ values }: Tensor): string {
  if (values.length <= INLINE)
    return `[${Array.from<number | bigint>(values as ArrayLike<number>)
      .map(value => (Object.is(value, -0) ? '-0' : `${value}`))
      .join(', ')}]`
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return `base64:${btoa(binary)}`
}
