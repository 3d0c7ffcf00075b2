import { WORD } from '../../ir/bits.ts'
import { arg, evaluator, isArg } from '../../ir/expr.ts'
import { create, type Node } from '../../ir/node.ts'
import { isOfBits, onBits, rowOf, valuesOf } from '../analysis/coded.ts'
import { isOfInputs } from '../analysis/of-inputs.ts'
import { fromBits, twoValued } from '../analysis/two-valued.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * What moves or selects values moves bits as well: the function of a few bits that a value is sinks below it, until a
 * layer meets the bits. Exact.
 */
export const pullBits = rewrites(
  'pull-bits',
  rule(
    'reshape, transpose or slice of bits',
    ['reshape', 'transpose', 'slice'],
    ({ op, operands: [x], attrs, origin }) => {
      const value = x && valueOfBits(x)
      return (
        value &&
        onBits(
          value,
          value.operands.map(bits => create(op, [bits], attrs, origin)),
        )
      )
    },
  ),
  rule('reshape of conditions on floats', 'reshape', ({ operands: [x], attrs, origin }) => {
    if (x.op !== 'map' || x.type.dtype !== 'bit' || x.type.shape.at(-1) === attrs.shape.at(-1)) return undefined
    // Bits that leave their rows would be packed anew; floats stay where they are.
    const [value, ...others] = x.operands
    if (value?.type.dtype !== 'f32' || others.length > 0 || !isOfInputs(value)) return undefined
    return create('map', [create('reshape', [value], attrs, origin)], x.attrs, x.origin)
  }),
  rule('picked rows of bits', 'gather', ({ operands: [table, indices], attrs, origin }) => {
    const value = valueOfBits(table)
    if (!value || value.type.shape.length < 2) return undefined
    return onBits(
      value,
      value.operands.map(bits => create('gather', [bits, indices], attrs, origin)),
    )
  }),
  rule('concat of bits', 'concat', ({ operands, attrs, origin }) => {
    const parts = operands.flatMap(operand => valueOfBits(operand) ?? [])
    const [first] = parts
    if (!first || parts.length !== operands.length || !parts.every(part => isSameFunction(part, first)))
      return undefined
    const plane = (i: number) =>
      create(
        'concat',
        parts.map(part => part.operands[i]!),
        attrs,
        origin,
      )
    return onBits(
      first,
      first.operands.map((_, i) => plane(i)),
    )
  }),
  rule('condition on a concat of floats', 'map', (node, { soleUse }) => {
    const x = node.operands.find(operand => operand.op === 'concat')
    if (x?.op !== 'concat' || node.type.dtype !== 'bit' || !soleUse(x) || !fillsWords(x)) return undefined
    const others = node.operands.filter(operand => operand !== x)
    const isSameRank = ({ type }: Node): boolean => type.shape.length === x.type.shape.length
    if (!others.every(other => other.op === 'constant' && isSameRank(other))) return undefined
    return conditionOnParts(node, x)
  }),
  rule('pad of bits with a bit', 'pad', ({ operands: [x], attrs, origin }) => {
    const value = valueOfBits(x)
    const row = value ? valuesOf(value).indexOf(attrs.value) : -1
    if (!value || row < 0) return undefined
    const padding = rowOf(row, value.operands.length)
    // There is no kernel that fills parts of words with ones.
    if (padding.includes(1) && (attrs.before.at(-1) !== 0 || attrs.after.at(-1) !== 0)) return undefined
    return onBits(
      value,
      value.operands.map((bits, i) => create('pad', [bits], { ...attrs, value: padding[i]! }, origin)),
    )
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

/** Whether the parts are whole words of bits. */
const fillsWords = ({ operands, attrs: { axis } }: Node<'concat'>): boolean =>
  operands.every(({ type }) => type.shape[axis]! % WORD === 0)

/** The parts are floats that others read, say, but nobody needs them as one. */
function conditionOnParts(node: Node<'map'>, x: Node<'concat'>): Node {
  const { axis } = x.attrs
  let start = 0
  const parts = x.operands.map(part => {
    const size = part.type.shape[axis]!
    const own = (operand: Node): Node => {
      const { shape } = operand.type
      if (operand === x) return part
      if (shape[axis] === 1) return operand
      const starts = shape.map((_, k) => (k === axis ? start : 0))
      const sizes = shape.map((whole, k) => (k === axis ? size : whole))
      return create('slice', [operand], { starts, sizes, steps: shape.map(() => 1) }, operand.origin)
    }
    const condition = create('map', node.operands.map(own), node.attrs, node.origin)
    start += size
    return condition
  })
  return create('concat', parts, x.attrs, node.origin)
}

/** A value that is a function of bits alone; those of one bit have two values that are numbers. */
const valueOfBits = (node: Node): Node<'map'> | undefined =>
  node.op === 'map' && node.type.dtype === 'f32' && isOfBits(node) && valuesOf(node).every(Number.isFinite)
    ? node
    : undefined

const isSameFunction = (a: Node<'map'>, b: Node<'map'>): boolean => {
  const [values, others] = [valuesOf(a), valuesOf(b)]
  return values.length === others.length && values.every((value, row) => value === others[row])
}

/** The bits behind a node that is nothing but bits as ±1 floats. */
export function bitsBehind(node: Node): Node | undefined {
  const found = twoValued(node)
  return found?.low === -1 && found.high === 1 ? found.bits : undefined
}
