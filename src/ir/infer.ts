import { type Expr, typeOf } from './expr.ts'
import type { Node, OpName } from './node.ts'
import type { Ops, Pair, Window } from './ops.ts'
import {
  broadcastsTo,
  type DType,
  elements,
  type Shape,
  sameShape,
  sameType,
  showType,
  type TensorType,
} from './tensor.ts'

type Rules = { readonly [K in OpName]: (operands: Ops[K]['operands'], attrs: Ops[K]['attrs']) => TensorType }

/** Result type of every op. Exhaustive: a new op does not compile without its rule. Throws where operands do not fit. */
export const infer: Rules = {
  input: () => {
    throw new Error('an input carries its type')
  },
  constant: (_, { value }) => ({ dtype: value.dtype, shape: value.shape }),
  map: (operands, { expr }) => {
    const shape = broadcastShape(operands.map(node => node.type.shape))
    return { dtype: typeOf(expr, operands.map(dtypeOf)), shape }
  },
  conv2d: ([x, weights, ...extras], attrs) => {
    need(x.type.dtype === 'f32' || x.type.dtype === 'u8', 'x is f32 or u8', x)
    need(weights.type.dtype === 'f32' || weights.type.dtype === 'bit', 'weights are f32 or bit', weights)
    const [n, h, w, c] = rank4(x)
    const [o, kh, kw, i] = rank4(weights)
    need(c === i * attrs.groups && o % attrs.groups === 0, `channels fit ${attrs.groups} groups`, x, weights)
    return stored('f32', [n, ...windowed([h, w], [kh, kw], attrs), o], extras, attrs.epilogue)
  },
  binaryConv2d: ([x, weights, ...extras], attrs) => {
    need(x.type.dtype === 'bit' && weights.type.dtype === 'bit', 'x and weights are bits', x, weights)
    const [n, h, w, ...channels] = x.type.shape as [number, number, number, ...number[]]
    const [o, kh, kw, i] = rank4(weights)
    const expected = attrs.groups === 1 ? [i] : [attrs.groups, i]
    need(sameShape(channels, expected) && o % attrs.groups === 0, `channels fit ${attrs.groups} groups`, x, weights)
    return stored('i32', [n, ...windowed([h, w], [kh, kw], attrs), o], extras, attrs.epilogue)
  },
  integerConv2d: ([x, weights, offsets, ...extras], attrs) => {
    need(x.type.dtype === 'u8' && weights.type.dtype === 'i32', 'x is u8 and weights are i32', x, weights)
    const [n, h, w, c] = rank4(x)
    const [o, kh, kw, i] = rank4(weights)
    need(sameType(offsets.type, { dtype: 'i32', shape: [o, kh, kw, 1] }), 'every tap has an offset', offsets)
    need(c === i * attrs.groups && o % attrs.groups === 0, `channels fit ${attrs.groups} groups`, x, weights)
    return stored('i32', [n, ...windowed([h, w], [kh, kw], attrs), o], extras, attrs.epilogue)
  },
  pool: ([x, ...extras], attrs) => {
    const { dtype } = x.type
    need(dtype === 'f32' || (attrs.kind === 'max' && (dtype === 'i32' || dtype === 'bit')), `${attrs.kind} takes it`, x)
    const [n, h, w, c] = rank4(x)
    return stored(dtype, [n, ...windowed([h, w], attrs.kernel, attrs), c], extras, attrs.epilogue)
  },
  reduce: ([x, ...extras], { kind, axes, epilogue }) => {
    const { dtype, shape } = x.type
    need(
      dtype === 'f32' || (dtype === 'i32' && kind !== 'mean') || (dtype === 'bit' && kind === 'max'),
      `${kind} takes it`,
      x,
    )
    need(
      axes.every(axis => axis >= 0 && axis < shape.length),
      `axes ${axes} exist`,
      x,
    )
    return stored(
      dtype,
      shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
      extras,
      epilogue,
    )
  },
  gather: ([table, indices]) => {
    need(indices.type.dtype === 'i32' || indices.type.dtype === 'i64', 'indices are integers', indices)
    return { dtype: table.type.dtype, shape: [...indices.type.shape, ...table.type.shape.slice(1)] }
  },
  reshape: ([x], { shape }) => {
    need(elements(shape) === elements(x.type.shape), `[${shape}] has as many elements`, x)
    return { dtype: x.type.dtype, shape }
  },
  transpose: ([x], { perm }) => {
    need(
      sameShape(
        [...perm].sort((a, b) => a - b),
        [...x.type.shape.keys()],
      ),
      `[${perm}] permutes its axes`,
      x,
    )
    return { dtype: x.type.dtype, shape: perm.map(axis => x.type.shape[axis]!) }
  },
  concat: (operands, { axis }) => {
    const [first] = operands
    if (!first) throw new Error('concat of nothing')
    const others = (node: Node) => node.type.shape.map((size, k) => (k === axis ? 0 : size))
    for (const node of operands)
      need(
        node.type.dtype === first.type.dtype && sameShape(others(node), others(first)),
        'fits the others',
        node,
        first,
      )
    const size = operands.reduce((sum, node) => sum + node.type.shape[axis]!, 0)
    return { dtype: first.type.dtype, shape: first.type.shape.map((old, k) => (k === axis ? size : old)) }
  },
  slice: ([x], { starts, sizes, steps }) => {
    const inside = x.type.shape.every((size, k) => {
      const last = starts[k]! + (sizes[k]! - 1) * steps[k]!
      return starts[k]! >= 0 && starts[k]! < size && last >= 0 && last < size
    })
    need(inside && sizes.length === x.type.shape.length, `[${starts}] + [${sizes}] is inside`, x)
    return { dtype: x.type.dtype, shape: sizes }
  },
  pad: ([x], { before, after }) => {
    need(before.length === x.type.shape.length && after.length === before.length, 'padding has its rank', x)
    return { dtype: x.type.dtype, shape: x.type.shape.map((size, k) => size + before[k]! + after[k]!) }
  },
}

const dtypeOf = (node: Node): DType => node.type.dtype

function need(holds: boolean, what: string, ...nodes: readonly Node[]): void {
  if (!holds) throw new Error(`not so: ${what} (${nodes.map(node => showType(node.type)).join(', ')})`)
}

function rank4(node: Node): [number, number, number, number] {
  need(node.type.shape.length === 4, 'rank 4', node)
  return node.type.shape as unknown as [number, number, number, number]
}

/** Height and width of the result of sliding a kernel: floor((size + padding - span) / stride) + 1. */
function windowed(image: Pair, kernel: Pair, { stride, dilation, padding }: Window): Pair {
  const along = (axis: 0 | 1) => {
    const span = (kernel[axis] - 1) * dilation[axis] + 1
    return Math.floor((image[axis] + padding[axis] + padding[axis + 2]! - span) / stride[axis]) + 1
  }
  return [along(0), along(1)]
}

/** Type of a reducing op: what it accumulates goes through the epilogue, with its extra operands. */
function stored(accumulator: DType, shape: Shape, extras: readonly Node[], epilogue: Expr): TensorType {
  for (const extra of extras) need(broadcastsTo(extra.type.shape, shape), `broadcasts to [${shape}]`, extra)
  return { dtype: typeOf(epilogue, [accumulator, ...extras.map(dtypeOf)]), shape }
}

/** numpy's rule for operands of equal rank; throws where two sizes differ and neither is 1. */
function broadcastShape(shapes: readonly Shape[]): Shape {
  const rank = shapes[0]?.length ?? 0
  if (shapes.some(shape => shape.length !== rank))
    throw new Error(`ranks differ: ${shapes.map(s => `[${s}]`).join(', ')}`)
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = [...new Set(shapes.map(shape => shape[axis]!).filter(size => size !== 1))]
    if (sizes.length > 1) throw new Error(`sizes ${sizes.join(' and ')} do not broadcast`)
    return sizes[0] ?? 1
  })
}
