import fc from 'fast-check'
import { arg, call, type Expr, number } from '../src/ir/expr.ts'
import type { Graph } from '../src/ir/graph.ts'
import { constant, type Node } from '../src/ir/node.ts'
import { allocate, type DType, elements, type Shape, type Tensor } from '../src/ir/tensor.ts'

/** Small whole numbers and eighths: sums of their products are exact in f32, in any order. */
export function dyadicTensor(dtype: DType, shape: Shape, seed: number): Tensor {
  const values = allocate(dtype, elements(shape))
  let state = seed | 1
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    const random = (state >>> 8) % 33
    const value = {
      f32: (random - 16) / 8,
      i32: random - 16,
      bit: random & 1,
      u8: random * 7,
      i8: random - 16,
      i64: 0,
    }[dtype]
    if (values instanceof BigInt64Array) values[i] = BigInt(random % 4)
    else values[i] = value
  }
  return { dtype, shape, values }
}

export const graphOf = (name: string, inputs: readonly Node<'input'>[], outputs: readonly Node[]): Graph => ({
  name,
  inputs,
  outputs: outputs.map((node, k) => ({ name: `result${k}`, node })),
})

/** How the extra operands of an epilogue lie: per channel, one for all, per pixel, or as large as the result. */
const spread = fc.constantFrom<(shape: Shape) => Shape>(
  shape => [1, 1, 1, shape[3]!],
  () => [1, 1, 1, 1],
  shape => [shape[0]!, shape[1]!, shape[2]!, 1],
  shape => shape,
)

export const floats: readonly Expr[] = [
  arg(0),
  call('add', arg(0), arg(1)),
  call('max', call('add', call('mul', arg(0), arg(1)), arg(2)), number(0)),
  call('ge', arg(0), arg(1)),
  call('ge', call('add', call('mul', call('mul', arg(0), arg(1)), arg(2)), arg(1)), number(0)),
  call('select', call('gt', arg(0), number(0)), arg(0), call('mul', arg(0), arg(1))),
  call('gt', arg(1), arg(2)),
  call('not', call('or', call('gt', arg(0), arg(1)), call('eq', arg(0), arg(2)))),
  call('sub', call('abs', arg(0)), call('neg', call('min', call('sign', arg(1)), call('floor', arg(2))))),
]

export const integers: readonly Expr[] = [
  arg(0),
  call('ge', arg(0), arg(3)),
  call('not', call('gt', arg(0), arg(3))),
  call('add', call('max', arg(0), arg(3)), call('abs', arg(3))),
  call('ge', call('add', call('mul', call('mul', call('float', arg(0)), arg(1)), arg(2)), arg(1)), number(0)),
  call('xor', call('ge', arg(0), arg(3)), arg(4)),
  call('select', arg(4), arg(0), arg(3)),
  call('mul', call('float', arg(4)), call('float', arg(0))),
]

/** f32 operands 1 and 2, i32 operand 3, bits 4, with shapes that broadcast to the result's. */
export const extrasFor = (shape: Shape, spreads: readonly ((shape: Shape) => Shape)[], seed: number): Node[] =>
  (['f32', 'f32', 'i32', 'bit'] as const).map((dtype, k) => {
    const own = spreads[k]!(shape)
    const value = dyadicTensor(dtype, own, seed + k)
    return constant(value, [`extra ${k}`])
  })

export const spreads = fc.tuple(spread, spread, spread, spread)
export const epilogueOf = (list: readonly Expr[]) => fc.constantFrom(...list)
