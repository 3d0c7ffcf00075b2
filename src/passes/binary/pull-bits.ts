import { arg, evaluator, isArg } from '../../ir/expr.ts'
import { create, type Node } from '../../ir/node.ts'
import { fromBits, type TwoValued, twoValued } from '../analysis/two-valued.ts'
import { rewrites, rule } from '../rewrite.ts'

/** What moves or selects values moves bits as well: their two values sink below it, until a layer meets the bits. Exact. */
export const pullBits = rewrites(
  'pull-bits',
  rule(
    'reshape, transpose or slice of bits',
    ['reshape', 'transpose', 'slice'],
    ({ op, operands: [x], attrs, origin }) => {
      const found = x && twoValued(x)
      return found && fromBits({ ...found, bits: create(op, [found.bits], attrs, origin) })
    },
  ),
  rule('picked rows of bits', 'gather', ({ operands: [table, indices], attrs, origin }) => {
    const found = twoValued(table)
    if (!found || found.bits.type.shape.length < 2) return undefined
    return fromBits({ ...found, bits: create('gather', [found.bits, indices], attrs, origin) })
  }),
  rule('concat of bits', 'concat', ({ operands, attrs, origin }) => {
    const found = operands.flatMap(operand => twoValued(operand) ?? [])
    const [first] = found
    if (!first || found.length !== operands.length || !found.every(part => sameValues(part, first))) return undefined
    const bits = create(
      'concat',
      found.map(part => part.bits),
      attrs,
      origin,
    )
    return fromBits({ ...first, bits })
  }),
  rule('pad of bits with a bit', 'pad', ({ operands: [x], attrs, origin }) => {
    const found = twoValued(x)
    if (!found || (attrs.value !== found.low && attrs.value !== found.high)) return undefined
    const value = attrs.value === found.high ? 1 : 0
    // There is no kernel that fills parts of words with ones.
    if (value === 1 && (attrs.before.at(-1) !== 0 || attrs.after.at(-1) !== 0)) return undefined
    return fromBits({ ...found, bits: create('pad', [found.bits], { ...attrs, value }, origin) })
  }),
  rule('max pool of bits', 'pool', ({ operands: [x, ...extras], attrs, origin }) => {
    const found = twoValued(x)
    if (!found || found.low > found.high || attrs.kind !== 'max') return undefined
    if (extras.length > 0 || !isArg(attrs.epilogue, 0)) return undefined
    return fromBits({ ...found, bits: create('pool', [found.bits], attrs, origin) })
  }),
  rule('condition on bits', 'map', ({ operands: [x, ...others], type, attrs: { expr }, origin }) => {
    const found = x && twoValued(x)
    if (!found || others.length > 0 || type.dtype !== 'bit') return undefined
    const holds = evaluator(expr, ['f32'])
    const [below, above] = [holds([found.low]), holds([found.high])]
    if (below === above) return undefined
    return above ? found.bits : create('map', [found.bits], { expr: { fn: 'not', args: [arg(0)] } }, origin)
  }),
)

const sameValues = (a: TwoValued, b: TwoValued): boolean => a.low === b.low && a.high === b.high

/** The bits behind a node that is nothing but bits as ±1 floats. */
export function bitsBehind(node: Node): Node | undefined {
  const found = twoValued(node)
  return found?.low === -1 && found.high === 1 ? found.bits : undefined
}
