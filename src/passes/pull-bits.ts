import { arg, call, type Expr, isArg, isNumber } from '../ir/expr.ts'
import { create, type Node } from '../ir/node.ts'
import { rewrites, rule } from './rewrite.ts'

const FLOAT: Expr = call('float', arg(0))

/** The bits behind a node that is nothing but bits as ±1 floats. */
export function bitsBehind(node: Node): Node | undefined {
  if (node.op !== 'map' || node.operands.length !== 1 || node.type.dtype !== 'f32') return undefined
  const { expr } = node.attrs
  const [x] = node.operands
  return x!.type.dtype === 'bit' && expr.fn === 'float' && isArg(expr.args[0]!, 0) ? x : undefined
}

const asFloats = (bits: Node): Node<'map'> => create('map', [bits], { expr: FLOAT }, bits.origin)

/** What moves or selects values moves bits as well: `float` sinks below it, until a layer meets the bits. Exact. */
export const pullBits = rewrites(
  'pull-bits',
  rule(
    'reshape, transpose or slice of bits',
    ['reshape', 'transpose', 'slice'],
    ({ op, operands: [x], attrs, origin }) => {
      const bits = x && bitsBehind(x)
      return bits && asFloats(create(op, [bits], attrs, origin))
    },
  ),
  rule('concat of bits', 'concat', ({ operands, attrs, origin }) => {
    const bits = operands.flatMap(operand => bitsBehind(operand) ?? [])
    return bits.length === operands.length ? asFloats(create('concat', bits, attrs, origin)) : undefined
  }),
  rule('pad of bits with a bit', 'pad', ({ operands: [x], attrs, origin }) => {
    const bits = bitsBehind(x)
    if (!bits || Math.abs(attrs.value) !== 1) return undefined
    return asFloats(create('pad', [bits], { ...attrs, value: attrs.value > 0 ? 1 : 0 }, origin))
  }),
  rule('max pool of bits', 'pool', ({ operands: [x, ...extras], attrs, origin }) => {
    const bits = bitsBehind(x)
    if (!bits || attrs.kind !== 'max' || extras.length > 0 || !isArg(attrs.epilogue, 0)) return undefined
    return asFloats(create('pool', [bits], attrs, origin))
  }),
  rule('condition on bits', 'map', ({ operands: [x, ...others], attrs: { expr } }) => {
    const bits = x && bitsBehind(x)
    if (!bits || others.length > 0 || expr.fn !== 'ge' || !isArg(expr.args[0]!, 0) || !isNumber(expr.args[1]!, 0))
      return undefined
    return bits
  }),
)
