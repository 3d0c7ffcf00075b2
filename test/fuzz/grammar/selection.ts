import { elements } from '../../../src/ir/tensor.ts'
import { type Builder, require } from '../builder.ts'
import type { Choices } from '../choices.ts'
import { anything, axisOf, listed } from './movement.ts'
import { type Rules, rule } from './rule.ts'

/** Parts of values, borders around them, and copies. */
export const selections = {
  Slice: rule(
    (b, c) => {
      const x = anything(b, c)
      const { axis } = axisOf(c, x.shape)
      const size = x.shape[axis]!
      const [start, step] = [c.pick(size), b.opset < 10 ? 1 : c.oneOf(1, 2, -1)]
      const count = step > 0 ? Math.ceil((size - start) / step) : start + 1
      const end = step > 0 ? c.oneOf(size, 2 ** 31 - 1) : -(size + 1)
      const shape = x.shape.with(axis, count)
      if (b.opset < 10)
        return void b.add('Slice', [x], { type: x.type, shape }, { starts: [start], ends: [end], axes: [axis] })
      b.add('Slice', [x, ...[[start], [end], [axis], [step]].map(values => b.integers(c, values))], {
        type: x.type,
        shape,
      })
    },
    6,
    3,
  ),
  Split: rule(
    (b, c) => {
      const x = anything(b, c)
      const { axis } = axisOf(c, x.shape)
      const size = x.shape[axis]!
      require(size >= 2)
      const first = 1 + c.pick(size - 1)
      const { attrs, operands } = listed(b, c, 'split', [first, size - first], 13)
      const parts = [first, size - first].map(part => ({ type: x.type, shape: x.shape.with(axis, part) }))
      b.addAll('Split', [x, ...operands], parts, { axis, ...attrs })
    },
    6,
    3,
  ),
  /** Parts by constant indices, or rows of a table by indices that are an input. */
  Gather: rule(
    (b, c) => {
      if (c.once(4)) return gatherRows(b, c)
      const x = b.float(c)
      const { axis } = axisOf(c, x.shape)
      const rank = c.pick(3)
      const shape = Array.from({ length: rank }, () => 1 + c.pick(2))
      const values = Array.from({ length: elements(shape) }, () => c.pick(x.shape[axis]!))
      const indices = b.constant(c, { type: 'int64', shape, values })
      b.add(
        'Gather',
        [x, indices],
        { type: 'float', shape: [...x.shape.slice(0, axis), ...shape, ...x.shape.slice(axis + 1)] },
        { axis },
      )
    },
    6,
    3,
  ),
  Pad: rule(
    (b, c) => {
      const x = b.float(c)
      require(x.shape.length > 0)
      // Borders of images, most often; of all axes else.
      const isImage = x.shape.length === 4 && c.pick(3) > 0
      const pads = [...x.shape, ...x.shape].map((_, k) => {
        const size = c.near(3)
        return isImage && (k % 4 === 0 || k % 4 === 1) ? 0 : size
      })
      const value = c.oneOf(0, 0, 0, 1, -1, 0.5, -Infinity, Math.fround(-3.4028234e38))
      const shape = x.shape.map((size, axis) => size + pads[axis]! + pads[axis + x.shape.length]!)
      if (b.opset < 11) return void b.add('Pad', [x], { type: 'float', shape }, { pads, value: { float: value } })
      const fill = b.constant(c, { type: 'float', shape: [], values: [value] })
      b.add('Pad', [x, b.integers(c, pads), fill], { type: 'float', shape })
    },
    6,
    3,
  ),
  Expand: rule((b, c) => {
    const x = b.float(c)
    const shape = x.shape.map(size => (size === 1 ? b.size(c) : size))
    b.add('Expand', [x, b.integers(c, shape)], { type: 'float', shape })
  }, 8),
  Tile: rule(
    (b, c) => {
      const x = b.float(c)
      const repeats = x.shape.map(() => 1 + c.near(2))
      b.add('Tile', [x, b.integers(c, repeats)], {
        type: 'float',
        shape: x.shape.map((size, axis) => size * repeats[axis]!),
      })
    },
    6,
    1,
  ),
} satisfies Rules

/** Token ids are inputs, always of the same few rows. */
export const ROWS = 4

function gatherRows(b: Builder, c: Choices): void {
  const row = Array.from({ length: 1 + c.pick(2) }, () => b.size(c))
  const ids = b.input(c.oneOf('int64', 'int32'), b.shape(c, 1 + c.pick(2)), 'ids')
  // Other steps may not compute with them: their values must stay rows.
  b.values.splice(b.values.indexOf(ids), 1)
  const table = b.floats(c, [ROWS, ...row], c.oneOf('dyadic', 'signs', 'scaled signs'))
  b.add('Gather', [table, ids], { type: 'float', shape: [...ids.shape, ...row] })
}
