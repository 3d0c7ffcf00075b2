import { arg, call } from '../src/ir/expr.ts'
import type { Graph } from '../src/ir/graph.ts'
import { constant, create, input } from '../src/ir/node.ts'
import { f32, i32 } from '../src/ir/tensor.ts'
import { dyadicTensor } from './random-epilogues.ts'

const window = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1] } as const
const dense = { ...window, padding: [0, 0, 0, 0] } as const

/** A small network of the usual kind: float convolution, sign, pool, binary layer with thresholds, dense layer. */
export function smallGraph(): Graph {
  const origin = (name: string) => [`/features/${name}`]
  const x = input('image', { dtype: 'f32', shape: [1, 6, 6, 2] })
  const bias = constant(dyadicTensor('f32', [1, 1, 1, 4], 2), ['bias'])
  const weights = constant(dyadicTensor('f32', [4, 3, 3, 2], 1), ['0.weight'])
  const sum = call('max', call('add', arg(0), arg(1)), { fn: 'number', value: 0 })
  const first = create('conv2d', [x, weights, bias], { ...window, groups: 1, epilogue: sum }, origin('0/Conv'))
  const pooling = { ...dense, stride: [2, 2], kind: 'max', kernel: [2, 2], counted: [0, 0, 0, 0] } as const
  const epilogue = call('ge', arg(0), arg(1))
  const threshold = constant(f32([1, 1, 1, 4], [1, 2, -1, 0.5]), ['threshold'])
  const pool = create('pool', [first, threshold], { ...pooling, epilogue }, origin('2/MaxPool'))
  const signs = constant(dyadicTensor('bit', [5, 3, 3, 4], 3), ['3.weight'])
  const limits = constant(i32([1, 1, 1, 5], [0, 2, -3, 1, 4]), ['3.limit'])
  const binary = create('binaryConv2d', [pool, signs, limits], { ...window, groups: 1, epilogue }, origin('3/Conv'))
  const last = constant(dyadicTensor('bit', [3, 3, 3, 5], 4), ['fc.weight'])
  const alpha = constant(f32([1, 1, 1, 3], [0.5, 0.25, 2]), ['alpha'])
  const scaled = call('mul', call('float', arg(0)), arg(1))
  const logits = create('binaryConv2d', [binary, last, alpha], { ...dense, groups: 1, epilogue: scaled }, ['/fc/Gemm'])
  return { name: 'small', inputs: [x], outputs: [{ name: 'logits', node: logits }] }
}
