import { convolve } from './convolve.ts'
import { type Expr, evaluator, larger, smaller } from './expr.ts'
import { type Graph, topological } from './graph.ts'
import type { Node, OpName } from './node.ts'
import type { Pair, Reduction, Window } from './ops.ts'
import {
  allocate,
  broadcastStrides,
  type DType,
  elements,
  indicesOf,
  type Shape,
  sameShape,
  showType,
  stridesOf,
  type Tensor,
  toInt32,
  type Values,
} from './tensor.ts'

type Evaluate = { readonly [K in OpName]: (node: Node<K>, operands: readonly Tensor[]) => Values }

const f = Math.fround

/** The meaning of the language: obviously right loops, f32 rounding at every step. Every backend must agree with it. */
const evaluate: Evaluate = {
  input: node => {
    throw new Error(`input '${node.attrs.name}' is bound by the caller`)
  },
  constant: ({ attrs }) => attrs.value.values,
  map: ({ attrs, type }, operands) => elementwise(attrs.expr, operands, type),
  conv2d: (node, [x, weights, ...extras]) => {
    const accumulated = convolve(node, x!, weights!, 'f32')
    return elementwise(node.attrs.epilogue, [accumulated, ...extras], node.type)
  },
  binaryConv2d: (node, [x, weights, ...extras]) => {
    const accumulated = convolve(node, x!, weights!, 'i32')
    return elementwise(node.attrs.epilogue, [accumulated, ...extras], node.type)
  },
  integerConv2d: (node, [x, weights, offsets, ...extras]) => {
    const accumulated = convolve(node, x!, weights!, 'i32', offsets)
    return elementwise(node.attrs.epilogue, [accumulated, ...extras], node.type)
  },
  pool: (node, [x, ...extras]) => elementwise(node.attrs.epilogue, [poolImage(node, x!), ...extras], node.type),
  reduce: (node, [x, ...extras]) => elementwise(node.attrs.epilogue, [reduceAxes(node, x!), ...extras], node.type),
  gather: ({ type }, [table, indices]) => {
    const rows = table!.shape[0]!
    const size = elements(table!.shape.slice(1))
    const result = allocate(type.dtype, elements(type.shape))
    for (let i = 0; i < indices!.values.length; i++) {
      const row = Number(indices!.values[i])
      if (row < 0 || row >= rows) throw new RangeError(`index ${row} at ${i} is outside the table of ${rows} rows`)
      copyInto(result, i * size, table!.values, row * size, size)
    }
    return result
  },
  reshape: (_, [x]) => x!.values,
  transpose: ({ attrs, type }, [x]) => {
    const strides = stridesOf(x!.shape)
    return pick(
      x!,
      type.shape,
      attrs.perm.map(axis => strides[axis]!),
    )
  },
  concat: ({ attrs, type }, operands) => {
    const result = allocate(type.dtype, elements(type.shape))
    const strides = stridesOf(type.shape)
    let start = 0
    for (const operand of operands) {
      indicesOf(operand.shape, strides, start * strides[attrs.axis]!).forEach((to, from) => {
        result[to] = operand.values[from]!
      })
      start += operand.shape[attrs.axis]!
    }
    return result
  },
  slice: ({ attrs, type }, [x]) => {
    const strides = stridesOf(x!.shape)
    const start = strides.reduce((sum, stride, k) => sum + stride * attrs.starts[k]!, 0)
    return pick(
      x!,
      type.shape,
      strides.map((stride, k) => stride * attrs.steps[k]!),
      start,
    )
  },
  pad: ({ attrs, type }, [x]) => {
    const result = allocate(type.dtype, elements(type.shape)).fill(attrs.value as never)
    const strides = stridesOf(type.shape)
    const start = strides.reduce((sum, stride, k) => sum + stride * attrs.before[k]!, 0)
    indicesOf(x!.shape, strides, start).forEach((to, from) => {
      result[to] = x!.values[from]!
    })
    return result
  },
}

/** Runs one node on the values of its operands. */
export function evaluateNode(node: Node, operands: readonly Tensor[]): Tensor {
  const run = evaluate[node.op] as (node: Node, operands: readonly Tensor[]) => Values
  return { ...node.type, values: run(node, operands) }
}

/**
 * Runs the graph. `feeds` maps input names to tensors of exactly the declared types; the result maps output names.
 * `trace`, if given, sees every node with its value, operands first.
 */
export function interpret(
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
  trace?: (node: Node, value: Tensor) => void,
): Map<string, Tensor> {
  const values = new Map<Node, Tensor>()
  for (const node of topological(graph)) {
    const value =
      node.op === 'input'
        ? feed(node, feeds)
        : evaluateNode(
            node,
            node.operands.map(operand => values.get(operand)!),
          )
    values.set(node, value)
    trace?.(node, value)
  }
  return new Map(graph.outputs.map(({ name, node }) => [name, values.get(node)!]))
}

function feed(node: Node<'input'>, feeds: ReadonlyMap<string, Tensor>): Tensor {
  const { name } = node.attrs
  const value = feeds.get(name)
  if (!value) throw new TypeError(`no value for input '${name}', expected ${showType(node.type)}`)
  if (value.dtype !== node.type.dtype || !sameShape(value.shape, node.type.shape))
    throw new TypeError(`input '${name}' is ${showType(value)}, expected ${showType(node.type)}`)
  return value
}

function elementwise(
  expr: Expr,
  operands: readonly Tensor[],
  type: { dtype: DType; shape: readonly number[] },
): Values {
  if (expr.fn === 'arg' && sameShape(operands[expr.index]!.shape, type.shape)) return operands[expr.index]!.values
  const run = evaluator(
    expr,
    operands.map(operand => operand.dtype),
  )
  const sources = operands.map(operand => ({
    values: narrow(operand.values),
    at: indicesOf(type.shape, broadcastStrides(operand.shape, type.shape)),
  }))
  const result = allocate(type.dtype, elements(type.shape)) as Exclude<Values, BigInt64Array>
  const args = new Array<number>(operands.length)
  for (let i = 0; i < result.length; i++) {
    for (let k = 0; k < sources.length; k++) args[k] = sources[k]!.values[sources[k]!.at[i]!]!
    result[i] = run(args)
  }
  return result
}

/** 64-bit integers as those of 32 bits that are nearest. */
const narrow = (values: Values): Exclude<Values, BigInt64Array> =>
  values instanceof BigInt64Array ? Int32Array.from(values, value => toInt32(Number(value))) : values

function poolImage(node: Node<'pool'>, x: Tensor): Tensor {
  const { kind, kernel, counted } = node.attrs
  const [n, oh, ow, c] = node.type.shape as [number, number, number, number]
  const [, h, w] = x.shape as [number, number, number]
  const values = x.values as Exclude<Values, BigInt64Array>
  const result = allocate(x.dtype, elements(node.type.shape)) as Exclude<Values, BigInt64Array>
  const inside = (axis: 0 | 1, at: number, extra: number, size: number) => at >= -counted[axis] && at < size + extra
  let at = 0
  for (let b = 0; b < n; b++)
    for (let y = 0; y < oh; y++)
      for (let z = 0; z < ow; z++)
        for (let k = 0; k < c; k++) {
          let sum = 0
          let best = -Infinity
          let count = 0
          for (const [sy, sx] of taps(node.attrs, kernel, y, z)) {
            if (inside(0, sy, counted[2], h) && inside(1, sx, counted[3], w)) count++
            if (sy < 0 || sy >= h || sx < 0 || sx >= w) continue
            const value = values[((b * h + sy) * w + sx) * c + k]!
            sum = f(sum + value)
            best = larger(best, value)
          }
          result[at++] = kind === 'max' ? best : f(sum / count)
        }
  return { dtype: x.dtype, shape: node.type.shape, values: result }
}

function* taps({ stride, dilation, padding }: Window, kernel: Pair, y: number, z: number): Generator<Pair> {
  for (let i = 0; i < kernel[0]; i++)
    for (let j = 0; j < kernel[1]; j++)
      yield [y * stride[0] - padding[0] + i * dilation[0], z * stride[1] - padding[1] + j * dilation[1]]
}

const fold: Readonly<Record<Reduction, { start: number; step: (a: number, b: number) => number }>> = {
  sum: { start: 0, step: (a, b) => a + b },
  mean: { start: 0, step: (a, b) => a + b },
  max: { start: -Infinity, step: larger },
  min: { start: Infinity, step: smaller },
}

function reduceAxes(node: Node<'reduce'>, x: Tensor): Tensor {
  const { kind, axes } = node.attrs
  const { start, step } = fold[kind]
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  const inner = x.shape.map((size, axis) => (axes.includes(axis) ? size : 1))
  const strides = stridesOf(x.shape)
  const offsets = indicesOf(inner, strides)
  const values = x.values as Exclude<Values, BigInt64Array>
  const result = allocate(x.dtype, elements(kept)) as Exclude<Values, BigInt64Array>
  const round = x.dtype === 'f32' ? f : Number
  indicesOf(kept, strides).forEach((base, i) => {
    let value = start
    for (const offset of offsets) value = round(step(value, values[base + offset]!))
    result[i] = kind === 'mean' ? f(value / offsets.length) : value
  })
  return { dtype: x.dtype, shape: kept, values: result }
}

/** The values at every position of a shape, by strides; without a list of indices, which would be as large as weights are. */
function pick({ dtype, values }: Tensor, shape: Shape, strides: readonly number[], start = 0): Values {
  const result = allocate(dtype, elements(shape))
  const axes = [...shape.keys()].filter(axis => shape[axis] !== 1)
  const [size, stride] = axes.length === 0 ? [1, 0] : [shape[axes.at(-1)!]!, strides[axes.at(-1)!]!]
  const copy = copyRow(values, result)
  let to = 0
  const visit = (depth: number, from: number): void => {
    if (depth < axes.length - 1) {
      const axis = axes[depth]!
      for (let i = 0; i < shape[axis]!; i++) visit(depth + 1, from + i * strides[axis]!)
    } else {
      copy(to, from, size, stride)
      to += size
    }
  }
  visit(0, start)
  return result
}

/** Copies `size` values that lie `stride` apart. Of 32 bits as words: weights are, and a loop over one type is fast. */
function copyRow(values: Values, result: Values): (to: number, from: number, size: number, stride: number) => void {
  if (values.BYTES_PER_ELEMENT !== 4)
    return (to, from, size, stride) => {
      for (let i = 0; i < size; i++) result[to + i] = values[from + i * stride]!
    }
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const target = new Uint32Array(result.buffer, result.byteOffset, result.length)
  return (to, from, size, stride) => {
    for (let i = 0; i < size; i++) target[to + i] = source[from + i * stride]!
  }
}

const copyInto = (to: Values, at: number, from: Values, start: number, size: number): void => {
  to.set(from.subarray(start, start + size) as never, at)
}
