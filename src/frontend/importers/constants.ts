import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { call } from '../../ir/expr.ts'
import { isConstant } from '../../ir/fold.ts'
import type { Node } from '../../ir/node.ts'
import { allocate, bits, elements, f32, i32, type Shape, type Tensor } from '../../ir/tensor.ts'
import { concat, elementwise, literal, raise } from './build.ts'
import {
  type Context,
  constantOf,
  type Importer,
  integersOf,
  invalid,
  operand,
  scalarOf,
  unsupported,
} from './context.ts'
import { a, b } from './expressions.ts'

type Op = 'Constant' | 'ConstantOfShape' | 'Shape' | 'Size' | 'Range' | 'NonZero' | 'Expand' | 'Tile'

/** Values that are known when the model is compiled; every shape is. */
export const constants: Record<Op, Importer> = {
  Constant: context => {
    const node = literal(context, constantValue(context))
    if (context.attributes.has('value')) context.declare(node, context.attributes.tensor('value').dataType)
    return node
  },
  ConstantOfShape: context => {
    const shape = integersOf(context, 0, 'shape')
    const fill = context.attributes.has('value')
      ? context.readTensor(context.attributes.tensor('value'))
      : f32([1], [0])
    if (fill.values.length !== 1) throw invalid(context, `has ${fill.values.length} values to fill with`)
    refuseUnstorable(context, shape)
    return literal(context, filled(fill.dtype, shape, Number(fill.values[0])))
  },
  /** The part from `start` to `end` of a shape. */
  Shape: context => {
    const { shape } = operand(context, 0).type
    const start = context.attributes.int('start', 0)
    const end = context.attributes.int('end', shape.length)
    // The same rule as for slices of arrays, but for ends beyond the rank on either side.
    const part = shape.slice(start, end)
    return literal(context, i32([part.length], part))
  },
  Size: context => literal(context, i32([], [elements(operand(context, 0).type.shape)])),
  Range: context => {
    const dtype = constantOf(context, 0, 'start').dtype
    const start = scalarOf(context, 0, 'start')
    const limit = scalarOf(context, 1, 'limit')
    const step = scalarOf(context, 2, 'step')
    const count = Math.max(Math.ceil((limit - start) / step), 0)
    if (step === 0 || !(count <= 2 ** 24)) throw invalid(context, `goes from ${start} to ${limit} in steps of ${step}`)
    const values = Array.from({ length: count }, (_, k) => start + k * step)
    // Integers at the limits were clamped on import: what they were is not known.
    if (dtype !== 'f32' && [start, limit, step].some(value => Math.abs(value) >= 2 ** 31 - 1))
      throw unsupported(context, 'counts integers beyond 32 bits', 'integers of 32 bits')
    return literal(context, dtype === 'f32' ? f32([count], values) : i32([count], values))
  },
  NonZero: context => {
    const { values, shape } = constantOf(context, 0, 'values')
    const positions = [...values.keys()].filter(at => Number(values[at]) !== 0)
    const along = shape.map((size, axis) => {
      const inner = elements(shape.slice(axis + 1))
      return positions.map(at => Math.floor(at / inner) % size)
    })
    return literal(context, i32([shape.length, positions.length], along.flat()))
  },
  /** To the shape that the value and the given one have together. */
  Expand: context => {
    const x = operand(context, 0)
    const declared = integersOf(context, 1, 'shape')
    const rank = Math.max(declared.length, x.type.shape.length)
    const raised = raise(context, x, rank)
    const wanted = [...new Array<number>(rank - declared.length).fill(1), ...declared]
    const shape = wanted.map((size, axis) => (size === 1 ? raised.type.shape[axis]! : size))
    refuseUnstorable(context, shape)
    return expand(context, raised, shape)
  },
  Tile: context => {
    const x = operand(context, 0)
    const repeats = integersOf(context, 1, 'repeats')
    if (repeats.length !== x.type.shape.length || repeats.some(count => count < 1))
      throw invalid(context, `repeats [${x.type.shape}] [${repeats}] times`)
    const most = Math.max(...repeats)
    if (most > 4096) throw new CompileError(diagnostics.tooMany(context.where, `${most} repeats`, '4096'))
    return repeats.reduce((value, count, axis) => concat(context, new Array<Node>(count).fill(value), axis), x)
  },
}

/** The one attribute that holds the value. */
function constantValue(context: Context): Tensor {
  const { attributes, readTensor } = context
  if (attributes.has('value')) return readTensor(attributes.tensor('value'))
  if (attributes.has('value_float')) return f32([], [attributes.anyFloat('value_float')])
  if (attributes.has('value_int')) return i32([], [clampToI32(attributes.int('value_int'))])
  if (attributes.has('value_floats')) {
    const values = attributes.floats('value_floats')
    return f32([values.length], values)
  }
  if (attributes.has('value_ints')) {
    const values = attributes.ints('value_ints')
    return i32([values.length], values.map(clampToI32))
  }
  throw unsupported(context, 'has no value that is a tensor of numbers', 'value, value_float(s), value_int(s)')
}

/** Most elements of a constant that a node describes rather than stores. */
const LARGEST = 2 ** 28

/** Such a constant takes memory of the compiler. */
function refuseUnstorable(context: Context, shape: Shape): void {
  if (shape.some(size => size < 0)) throw invalid(context, `has the shape [${shape}]`)
  if (elements(shape) > LARGEST)
    throw new CompileError(diagnostics.tooLarge(context.where, `makes a constant of shape [${shape}]`, 4 * LARGEST))
}

const clampToI32 = (value: number): number => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1)

function filled(dtype: Tensor['dtype'], shape: Shape, value: number): Tensor {
  const values = allocate(dtype, elements(shape))
  return { dtype, shape, values: value === 0 ? values : values.fill(value as never) }
}

/** Broadcasting against a constant that changes no value: ones for numbers, zeros under xor for bits. */
function expand(context: Context, x: Node, shape: Shape): Node {
  const { dtype } = x.type
  if (isConstant(x) && elements(x.type.shape) === 1)
    return literal(context, filled(dtype, shape, Number(x.attrs.value.values[0])))
  if (dtype === 'bit')
    return elementwise(context, call('xor', a, b), x, literal(context, bits(shape, new Uint8Array(elements(shape)))))
  if (dtype !== 'f32' && dtype !== 'i32') throw unsupported(context, `expands ${dtype} values`, 'f32, i32 and bool')
  return elementwise(context, call('mul', a, b), x, literal(context, filled(dtype, shape, 1)))
}
