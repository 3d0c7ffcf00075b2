import { elements } from '../../../src/ir/tensor.ts'
import { type Builder, require } from '../builder.ts'
import type { Choices } from '../choices.ts'
import type { Value } from '../network.ts'
import { type Rules, rule } from './rule.ts'

const int64 = (...shape: readonly number[]) => ({ type: 'int64', shape }) as const

/** Nodes whose values are known when the model is compiled, in the phrases that exporters write them in. */
export const constants = {
  /** Values as a node, added to something. */
  Constant: rule(
    (b, c) => {
      const x = b.float(c)
      const value = c.oneOf(1, 0.5, 0, -2)
      b.nodes.push({
        op: 'Constant',
        in: [],
        out: [`k${b.nodes.length}`],
        name: `Constant_${b.nodes.length}`,
        attrs: form(b, c, value),
      })
      b.add('Mul', [x, b.nodes.at(-1)!.out[0]!], x)
    },
    7,
    1,
  ),
  ConstantOfShape: rule(
    (b, c) => {
      const x = b.float(c)
      const shape = b.integers(c, x.shape)
      const value = { type: 'float', dims: [1], floats: [c.oneOf(0.5, 1, 0, -1)] } as const
      const filled = hidden(b, b.add('ConstantOfShape', [shape], { type: 'float', shape: x.shape }, { value: value }))
      b.add(c.oneOf('Add', 'Mul'), [x, filled], x)
    },
    9,
    1,
  ),
  /** Reshape(x, Concat(Gather(Shape(x), 0), -1)): a flatten as PyTorch wrote it for years. */
  Shape: rule(
    (b, c) => {
      const x = b.float(c)
      require(x.shape.length > 0)
      const shape = b.add('Shape', [x], int64(x.shape.length))
      const first = b.add('Gather', [shape, b.constant(c, { type: 'int64', shape: [], values: [0] })], int64(), {
        axis: 0,
      })
      const { operands, attrs } =
        b.opset < 13
          ? { operands: [] as string[], attrs: { axes: [0] } }
          : { operands: [b.integers(c, [0])], attrs: {} }
      const listed = b.add('Unsqueeze', [first, ...operands], int64(1), attrs)
      const target = b.add('Concat', [listed, b.integers(c, [-1])], int64(2), { axis: 0 })
      b.add('Reshape', [x, target], { type: 'float', shape: [x.shape[0]!, elements(x.shape.slice(1))] })
    },
    7,
    3,
  ),
  Size: rule(
    (b, c) => {
      const x = b.float(c)
      const size = b.add('Size', [x], int64())
      b.add('Reshape', [x, listOf(b, c, size)], { type: 'float', shape: [elements(x.shape)] })
    },
    7,
    1,
  ),
  /** Positions along an axis, added to it. */
  Range: rule(
    (b, c) => {
      const x = b.float(c)
      const size = x.shape.at(-1)
      require(size !== undefined)
      const numbers = [0, size, 1].map(value => b.constant(c, { type: 'float', shape: [], values: [value] }))
      const range = hidden(b, b.add('Range', numbers, { type: 'float', shape: [size] }))
      b.add('Add', [x, range], x)
    },
    11,
    1,
  ),
  /** The places that a constant mask leaves, gathered. */
  NonZero: rule(
    (b, c) => {
      const x = b.float(c)
      const size = x.shape[0]
      require(size !== undefined)
      const mask = Array.from({ length: size }, (_, k) => (k === 0 ? 1 : c.pick(2)))
      const count = mask.filter(Boolean).length
      const places = b.add('NonZero', [b.constant(c, { type: 'float', shape: [size], values: mask })], int64(1, count))
      const { operands, attrs } =
        b.opset < 13
          ? { operands: [] as string[], attrs: { axes: [0] } }
          : { operands: [b.integers(c, [0])], attrs: {} }
      const list = b.add('Squeeze', [places, ...operands], int64(count), attrs)
      b.add('Gather', [x, list], { type: 'float', shape: x.shape.with(0, count) }, { axis: 0 })
    },
    9,
    1,
  ),
  /** A flatten to the product of a constant shape. */
  ReduceProd: rule(
    (b, c) => {
      const x = b.float(c)
      const product = b.add('ReduceProd', [b.integers(c, x.shape)], int64(), { keepdims: 0 })
      b.add('Reshape', [x, listOf(b, c, product)], { type: 'float', shape: [elements(x.shape)] })
    },
    7,
    1,
  ),
} satisfies Rules

/** A value of constants alone, which later steps leave alone. */
function hidden(b: Builder, value: Value): Value {
  b.values.splice(b.values.indexOf(value), 1)
  return value
}

const listOf = (b: Builder, c: Choices, scalar: Value): Value =>
  b.add('Reshape', [scalar, b.integers(c, [1])], int64(1))

function form(b: Builder, c: Choices, value: number) {
  if (b.opset < 12 || c.pick(2)) return { value: { type: 'float', dims: [], floats: [value] } }
  return c.pick(2) ? { value_floats: { floats: [value] } } : { value_float: { float: value } }
}
