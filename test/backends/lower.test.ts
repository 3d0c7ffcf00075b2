import { describe, expect, it } from 'vitest'
import { callsOf } from '../../src/backends/buffers.ts'
import { lower } from '../../src/backends/lower.ts'
import { arg, call } from '../../src/ir/expr.ts'
import { constant, create, input, type Node } from '../../src/ir/node.ts'
import { bits, elements, f32, i32 } from '../../src/ir/tensor.ts'

const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] } as const
const ge = call('ge', arg(0), arg(1))

const ones = (shape: readonly number[], name: string) =>
  constant(bits(shape, new Uint8Array(elements(shape)).fill(1)), [name])
const zeros = (shape: readonly number[], name: string) =>
  constant(f32(shape, new Float32Array(elements(shape))), [name])
const graph = (inputs: readonly Node<'input'>[], ...outputs: Node[]) => ({
  name: 'sample',
  inputs,
  outputs: outputs.map((node, k) => ({ name: `out${k}`, node })),
})
const kernels = (plan: ReturnType<typeof lower>) => plan.steps.flatMap(callsOf).map(({ kernel }) => kernel)

describe('lower', () => {
  it('turns a thresholded layer into one call that writes packed bits', () => {
    const x = input('x', { dtype: 'bit', shape: [1, 8, 8, 40] })
    const thresholds = constant(i32([1, 1, 1, 50], new Int32Array(50)), ['t'])
    const node = create(
      'binaryConv2d',
      [x, ones([50, 3, 3, 40], 'w'), thresholds],
      { ...window, groups: 1, epilogue: ge },
      ['/conv'],
    )
    const plan = lower(graph([x], node))
    expect(kernels(plan)).toEqual(['binaryConv2d'])
    const [step] = plan.steps
    expect(step?.kind === 'call' && step.call).toMatchObject({
      name: 'conv',
      y: { name: 'out0', element: 'u32', length: 6 * 6 * 2 },
      store: { accumulator: 'i32', result: 'bit', operands: [{ strides: [0, 0, 1] }] },
    })
  })

  it('keeps only a window of rows between a convolution and a pool', () => {
    const x = input('x', { dtype: 'f32', shape: [1, 28, 28, 1] })
    const conv = create('conv2d', [x, zeros([20, 5, 5, 1], 'w')], { ...window, groups: 1, epilogue: arg(0) }, ['conv'])
    const pool = create(
      'pool',
      [conv],
      { ...window, kind: 'max', kernel: [2, 2], stride: [2, 2], counted: [0, 0, 0, 0], epilogue: arg(0) },
      ['pool'],
    )
    expect(lower(graph([x], pool))).toMatchObject({ workspaceBytes: 2 * 24 * 20 * 4, steps: [{ kind: 'strip' }] })
    expect(lower(graph([x], pool), { strips: false }).workspaceBytes).toBe(24 * 24 * 20 * 4)
  })

  it('moves nothing for a reshape of floats, and repacks bits whose rows change', () => {
    const x = input('x', { dtype: 'bit', shape: [1, 2, 2, 40] })
    const flat = create('reshape', [x], { shape: [1, 160] }, ['flat'])
    expect(kernels(lower(graph([x], flat)))).toEqual(['fill', 'copyBits'])
    const aligned = input('x', { dtype: 'bit', shape: [1, 2, 2, 64] })
    const words = create('reshape', [aligned], { shape: [1, 256] }, ['flat'])
    expect(kernels(lower(graph([aligned], words)))).toEqual(['copy'])
    const sum = create('map', [x], { expr: call('float', arg(0)) }, ['sum'])
    const shown = create('reshape', [sum], { shape: [160] }, ['shown'])
    expect(kernels(lower(graph([x], shown)))).toEqual(['map'])
  })
})
