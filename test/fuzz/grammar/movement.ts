import { elements, type Shape, sameShape } from '../../../src/ir/tensor.ts'
import { types } from '../../onnx.ts'
import { type Builder, require } from '../builder.ts'
import type { Choices } from '../choices.ts'
import type { Value } from '../network.ts'
import { condition } from './elementwise.ts'
import { type Rule, type Rules, rule } from './rule.ts'

/** A float value; now and then a truth value or an integer, for what moves values of any type. */
export function anything(b: Builder, c: Choices, ...ranks: readonly number[]): Value {
  const others = b.values.filter(
    ({ type, shape }) => (type === 'bool' || type === 'int32') && (ranks.length === 0 || ranks.includes(shape.length)),
  )
  return others.length > 0 && c.once(6) ? others.at(-1)! : b.float(c, ...ranks)
}

/** A list of integers: an attribute before an operator set, a constant operand since. */
export function listed(b: Builder, c: Choices, name: string, values: readonly number[], since: number) {
  return b.opset < since
    ? { attrs: { [name]: values }, operands: [] as string[] }
    : { attrs: {}, operands: [b.integers(c, values)] }
}

export const axisOf = (c: Choices, shape: Shape): { axis: number; written: number } => {
  require(shape.length > 0)
  const axis = c.pick(shape.length)
  return { axis, written: axis - (c.once(5) ? shape.length : 0) }
}

/** Another shape with the same elements: neighbours merged, sizes split, ones added, or everything in one axis. */
function reshaped(c: Choices, shape: Shape): number[] {
  const at = c.pick(Math.max(shape.length, 1))
  switch (c.pick(8)) {
    case 0:
      return [elements(shape)]
    case 1:
      return shape.length < 2 ? [1, ...shape] : [shape[0]!, elements(shape.slice(1))]
    case 2: {
      const size = shape[at] ?? 1
      const factor = [2, 3, 5, 1].find(each => size % each === 0) ?? 1
      return [...shape.slice(0, at), factor, size / factor, ...shape.slice(at + 1)]
    }
    case 3:
      return shape.length < 2 ? [...shape, 1] : [...shape.slice(0, -2), elements(shape.slice(-2))]
    case 4:
    case 5:
    case 6:
      // A flat value as an image of one pixel, the form that dense layers take as convolutions.
      return [shape[0] ?? 1, elements(shape.slice(1)), 1, 1]
    default:
      return [...shape].reverse()
  }
}

const reshape: Rule['make'] = (b, c) => {
  const x = anything(b, c)
  const shape = reshaped(c, x.shape)
  require(shape.length <= 5)
  const written = [...shape]
  const at = c.pick(shape.length)
  const form = c.pick(3)
  if (form === 2) written[at] = -1
  if (form === 1 && shape[at] === x.shape[at]) written[at] = 0
  b.add('Reshape', [x, b.integers(c, written)], { type: x.type, shape })
}

export const movements = {
  Identity: rule(
    (b, c) => {
      const x = anything(b, c)
      b.add('Identity', [x], x)
    },
    6,
    1,
  ),
  Dropout: rule(
    (b, c) => {
      const x = b.float(c)
      b.add('Dropout', [x], x, b.opset < 12 ? { ratio: { float: 0.5 } } : {})
    },
    7,
    1,
  ),
  Flatten: rule(
    (b, c) => {
      const x = b.float(c)
      const axis = b.opset < 11 || c.pick(2) ? Math.min(1, x.shape.length) : c.pick(x.shape.length + 1)
      b.add(
        'Flatten',
        [x],
        { type: x.type, shape: [elements(x.shape.slice(0, axis)), elements(x.shape.slice(axis))] },
        { axis },
      )
    },
    6,
    4,
  ),
  Reshape: rule(reshape, 6, 6),
  Squeeze: rule((b, c) => {
    const x = anything(b, c)
    const ones = [...x.shape.keys()].filter(axis => x.shape[axis] === 1 && c.pick(2))
    require(ones.length > 0)
    const { attrs, operands } = listed(b, c, 'axes', ones, 13)
    b.add(
      'Squeeze',
      [x, ...operands],
      { type: x.type, shape: x.shape.filter((_, axis) => !ones.includes(axis)) },
      attrs,
    )
  }),
  Unsqueeze: rule(
    (b, c) => {
      const x = anything(b, c)
      const axis = c.pick(x.shape.length + 1)
      require(x.shape.length < 5)
      const { attrs, operands } = listed(b, c, 'axes', [axis], 13)
      b.add(
        'Unsqueeze',
        [x, ...operands],
        { type: x.type, shape: [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)] },
        attrs,
      )
    },
    6,
    3,
  ),
  Transpose: rule(
    (b, c) => {
      const x = anything(b, c)
      require(x.shape.length > 1)
      const rest = [...x.shape.keys()]
      const perm = x.shape.map(() => rest.splice(c.pick(rest.length), 1)[0]!)
      b.add('Transpose', [x], { type: x.type, shape: perm.map(axis => x.shape[axis]!) }, { perm })
    },
    6,
    5,
  ),
  /** Values whose other axes are alike, one of them twice on purpose, or a constant. */
  Concat: rule(
    (b, c) => {
      const x = anything(b, c)
      const { axis, written } = axisOf(c, x.shape)
      const alike = b.values.filter(
        ({ type, shape }) =>
          type === x.type && shape.length === x.shape.length && sameShape(shape.with(axis, 1), x.shape.with(axis, 1)),
      )
      const other = c.once(3) && x.type === 'float' ? undefined : alike[c.near(alike.length)]!
      const size = 1 + c.pick(2)
      const second = other?.name ?? b.floats(c, x.shape.with(axis, size), 'dyadic')
      const sum = x.shape[axis]! + (other ? other.shape[axis]! : size)
      b.add(
        'Concat',
        c.pick(2) ? [second, x] : [x, second],
        { type: x.type, shape: x.shape.with(axis, sum) },
        { axis: b.opset < 11 ? axis : written },
      )
    },
    6,
    4,
  ),
  DepthToSpace: rule(
    (b, c) => {
      const x = b.float(c, 4)
      const [n, depth, h, w] = x.shape as [number, number, number, number]
      require(depth % 4 === 0)
      const mode = b.opset >= 11 ? { mode: c.oneOf('DCR', 'CRD') } : {}
      b.add('DepthToSpace', [x], { type: 'float', shape: [n, depth / 4, h * 2, w * 2] }, { blocksize: 2, ...mode })
    },
    6,
    1,
  ),
  SpaceToDepth: rule(
    (b, c) => {
      const x = b.float(c, 4)
      const [n, depth, h, w] = x.shape as [number, number, number, number]
      require(h % 2 === 0 && w % 2 === 0)
      b.add('SpaceToDepth', [x], { type: 'float', shape: [n, depth * 4, h / 2, w / 2] }, { blocksize: 2 })
    },
    6,
    1,
  ),
  /** To float from all that has another type, to bool, and from bool to integers. */
  Cast: rule(
    (b, c) => {
      const given = b.values.filter(({ type }) => type !== 'float')
      const found = given.length > 0 ? given.at(-1 - c.near(given.length))! : undefined
      const kind = c.pick(5)
      if (kind === 4) return cast(b, b.float(c), 'bool')
      if (kind === 3) return cast(b, condition(b, c), 'int32')
      cast(b, found ?? b.input(c.oneOf('uint8', 'int32'), b.shape(c, c.oneOf(4, 2, 3, 1))), 'float')
    },
    6,
    5,
  ),
} satisfies Rules

function cast(b: Builder, x: Value, to: 'float' | 'bool' | 'int32'): void {
  b.add('Cast', [x], { type: to, shape: x.shape }, { to: types[to] })
}
