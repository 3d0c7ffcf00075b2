import { create, type Node } from '../../ir/node.ts'
import { regroup, reshapeBroadcast } from '../../ir/regroup.ts'
import { elements, keepsOrder, type Shape, sameShape } from '../../ir/tensor.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * Moves transposes and reshapes towards the outputs, past everything that does not care about the order of its
 * elements, so that the NHWC → NCHW behind one spatial op meets the NCHW → NHWC before the next and both vanish
 * (in `simplify`). Where both stand in a row, the transpose comes first. Exact.
 */
export const sinkLayout = rewrites(
  'sink-layout',
  rule('map of transposes', 'map', node => {
    const moved = node.operands.find(isMoved)
    if (!moved) return undefined
    const { perm } = moved.attrs
    const operands = node.operands.map(operand => untransposed(operand, perm))
    if (!allDefined(operands)) return undefined
    return create('transpose', [create('map', operands, node.attrs, node.origin)], { perm }, node.origin)
  }),
  rule('map of reshapes', 'map', node => {
    const moved = node.operands.find(
      (operand): operand is Node<'reshape'> =>
        operand.op === 'reshape' &&
        operand.operands[0].op !== 'constant' &&
        sameShape(operand.type.shape, node.type.shape),
    )
    if (!moved) return undefined
    const inner = moved.operands[0].type.shape
    const operands = node.operands.map(operand => unreshaped(operand, node.type.shape, inner))
    if (!allDefined(operands)) return undefined
    const map = create('map', operands, node.attrs, node.origin)
    return create('reshape', [map], { shape: node.type.shape }, node.origin)
  }),
  rule('reduce of a transpose', 'reduce', node => {
    const [x, ...extras] = node.operands
    if (x.op !== 'transpose' || extras.length > 0) return undefined
    const { perm } = x.attrs
    const axes = node.attrs.axes.map(axis => perm[axis]!)
    const reduced = create('reduce', x.operands, { ...node.attrs, axes }, node.origin)
    return create('transpose', [reduced], { perm }, node.origin)
  }),
  rule('reduce of a reshape', 'reduce', node => {
    const [x, ...extras] = node.operands
    if (x.op !== 'reshape' || extras.length > 0) return undefined
    const axes = axesBefore(x.operands[0].type.shape, x.type.shape, node.attrs.axes)
    if (!axes) return undefined
    const reduced = create('reduce', x.operands, { ...node.attrs, axes }, node.origin)
    return create('reshape', [reduced], { shape: node.type.shape }, node.origin)
  }),
  rule('concat of transposes', 'concat', node => {
    const [first] = node.operands
    if (!first || !isMoved(first)) return undefined
    const { perm } = first.attrs
    const operands = node.operands.map(operand => untransposed(operand, perm))
    if (!allDefined(operands)) return undefined
    const joined = create('concat', operands, { axis: perm[node.attrs.axis]! }, node.origin)
    return create('transpose', [joined], { perm }, node.origin)
  }),
  rule('concat of reshapes', 'concat', node => {
    const inner = node.operands.flatMap(operand => (operand.op === 'reshape' ? operand.operands : []))
    if (inner.length !== node.operands.length) return undefined
    const axes = inner.map((x, i) => axesBefore(x.type.shape, node.operands[i]!.type.shape, [node.attrs.axis]))
    const axis = axes[0]?.[0]
    if (axis === undefined) return undefined
    const others = (x: Node) => x.type.shape.map((size, k) => (k === axis ? 0 : size))
    if (!axes.every(found => found?.length === 1 && found[0] === axis)) return undefined
    if (!inner.every(x => sameShape(others(x), others(inner[0]!)))) return undefined
    const joined = create('concat', inner, { axis }, node.origin)
    return create('reshape', [joined], { shape: node.type.shape }, node.origin)
  }),
  rule('slice of a transpose', 'slice', ({ operands: [x], attrs, origin }) => {
    if (x.op !== 'transpose') return undefined
    const { perm } = x.attrs
    const { starts, sizes, steps } = attrs
    const inner = { starts: inverted(starts, perm), sizes: inverted(sizes, perm), steps: inverted(steps, perm) }
    return create('transpose', [create('slice', x.operands, inner, origin)], { perm }, origin)
  }),
  rule('pad of a transpose', 'pad', ({ operands: [x], attrs, origin }) => {
    if (x.op !== 'transpose' || sameShape(x.attrs.perm, CHANNELS_LAST)) return undefined
    const { perm } = x.attrs
    const inner = { ...attrs, before: inverted(attrs.before, perm), after: inverted(attrs.after, perm) }
    return create('transpose', [create('pad', x.operands, inner, origin)], { perm }, origin)
  }),
  rule('pad of a reshape that only adds or drops axes of size 1', 'pad', ({ operands: [x], type, attrs, origin }) => {
    if (x.op !== 'reshape') return undefined
    const [from, to] = [x.operands[0].type.shape, x.type.shape]
    const real = (shape: Shape) => [...shape.keys()].filter(axis => shape[axis] !== 1)
    const [inner, outer] = [real(from), real(to)]
    const sizes = (axes: readonly number[], shape: Shape) => axes.map(axis => shape[axis]!)
    if (!sameShape(sizes(inner, from), sizes(outer, to))) return undefined
    // Axes of size 1 are nobody's in particular.
    if (to.some((size, axis) => size === 1 && (attrs.before[axis] !== 0 || attrs.after[axis] !== 0))) return undefined
    const placed = (amounts: readonly number[]) => from.map((_, axis) => amounts[outer[inner.indexOf(axis)]!] ?? 0)
    const amounts = { ...attrs, before: placed(attrs.before), after: placed(attrs.after) }
    return create('reshape', [create('pad', x.operands, amounts, origin)], { shape: type.shape }, origin)
  }),
  // The other way round for this one, so that the pad meets the convolution that may absorb it.
  rule('channels last of a pad', 'transpose', ({ operands: [x], attrs: { perm }, origin }) => {
    if (x.op !== 'pad' || !sameShape(perm, CHANNELS_LAST)) return undefined
    const order = (amounts: readonly number[]) => perm.map(axis => amounts[axis]!)
    const inner = { ...x.attrs, before: order(x.attrs.before), after: order(x.attrs.after) }
    return create('pad', [create('transpose', x.operands, { perm }, origin)], inner, x.origin)
  }),
  rule('transpose of a reshape that only adds or drops axes of size 1', 'transpose', node => {
    const [x] = node.operands
    if (x.op !== 'reshape') return undefined
    const perm = permBefore(x.operands[0].type.shape, x.type.shape, node.attrs.perm)
    if (!perm) return undefined
    const moved = create('transpose', x.operands, { perm }, node.origin)
    return create('reshape', [moved], { shape: node.type.shape }, node.origin)
  }),
)

/** What importers write before convolutions and pools: NCHW to NHWC. */
const CHANNELS_LAST = [0, 2, 3, 1]

const allDefined = (nodes: readonly (Node | undefined)[]): nodes is readonly Node[] => nodes.every(Boolean)

/** Values listed by the axes of a transposed tensor, listed by the axes it had before. */
function inverted(values: readonly number[], perm: readonly number[]): number[] {
  const result = new Array<number>(values.length)
  perm.forEach((axis, i) => {
    result[axis] = values[i]!
  })
  return result
}

/**
 * A transpose worth moving. One of a constant is about to be folded, one of nothing but axes of size 1 is a reshape: the
 * rules make both, and moving those would undo their own work.
 */
const isMoved = (node: Node): node is Node<'transpose'> =>
  node.op === 'transpose' &&
  node.operands[0].op !== 'constant' &&
  !keepsOrder(node.operands[0].type.shape, node.attrs.perm)

/** The operand before the transpose; a constant, or what has nothing to move but axes of size 1, is transposed back. */
function untransposed(operand: Node, perm: readonly number[]): Node | undefined {
  if (operand.op === 'transpose' && sameShape(operand.attrs.perm, perm)) return operand.operands[0]
  const back = inverted([...perm.keys()], perm)
  if (operand.op === 'constant') return create('transpose', [operand], { perm: back }, operand.origin)
  if (!keepsOrder(operand.type.shape, back)) return undefined
  const shape = back.map(axis => operand.type.shape[axis]!)
  return create('reshape', [operand], { shape }, operand.origin)
}

/** The operand before a reshape from `inner` to `shape`; constants are reshaped back where broadcasting allows it. */
function unreshaped(operand: Node, shape: Shape, inner: Shape): Node | undefined {
  if (
    operand.op === 'reshape' &&
    sameShape(operand.type.shape, shape) &&
    sameShape(operand.operands[0].type.shape, inner)
  )
    return operand.operands[0]
  if (operand.op !== 'constant') return undefined
  const before = reshapeBroadcast(operand.type.shape, shape, inner)
  return before && create('reshape', [operand], { shape: before }, operand.origin)
}

/** The axes of `from` that a reshape turns into these axes of `to`, or undefined where they are not whole groups. */
function axesBefore(from: Shape, to: Shape, axes: readonly number[]): number[] | undefined {
  const found: number[] = []
  for (const group of regroup(from, to)) {
    const real = group.to.filter(axis => to[axis] !== 1)
    const chosen = real.filter(axis => axes.includes(axis))
    if (chosen.length === 0) continue
    if (chosen.length !== real.length) return undefined
    found.push(...group.from.filter(axis => from[axis] !== 1))
  }
  return found
}

/** The permutation of `from` that, followed by a reshape, does what `perm` does after a reshape to `to`. */
function permBefore(from: Shape, to: Shape, perm: readonly number[]): number[] | undefined {
  const real = (shape: Shape) => [...shape.keys()].filter(axis => shape[axis] !== 1)
  const inner = real(from)
  const outer = real(to)
  if (
    !sameShape(
      inner.map(axis => from[axis]!),
      outer.map(axis => to[axis]!),
    ) ||
    elements(from) !== elements(to)
  )
    return undefined
  const moved = perm.filter(axis => to[axis] !== 1).map(axis => inner[outer.indexOf(axis)]!)
  // Axes of size 1 stay where they are; the others take their places in the new order.
  let next = 0
  return [...from.keys()].map(axis => (from[axis] === 1 ? axis : moved[next++]!))
}
