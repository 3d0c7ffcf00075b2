import { describe, expect, it } from 'vitest'
import { arg, call } from '../../src/ir/expr.ts'
import { constant, create, input, type Node } from '../../src/ir/node.ts'
import { bits, elements, f32, i32 } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { callsOf } from '../../src/plan/buffers.ts'

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

  it('copies an output that shows an input, a constant or another output', () => {
    const x = input('x', { dtype: 'f32', shape: [2, 3] })
    const sum = create('map', [x], { expr: call('neg', arg(0)) }, ['neg'])
    const shown = create('reshape', [sum], { shape: [6] }, ['flat'])
    expect(kernels(lower(graph([x], x, zeros([2], 'c'), sum, shown)))).toEqual(['map', 'copy', 'copy', 'copy'])
  })

  it('writes a map over an operand that nobody reads again', () => {
    const x = input('x', { dtype: 'f32', shape: [1, 64] })
    const twice = create('map', [x], { expr: call('add', arg(0), arg(0)) }, ['twice'])
    const max = create('reduce', [twice], { kind: 'max', axes: [1], epilogue: arg(0) }, ['max'])
    const less = create('map', [twice, max], { expr: call('sub', arg(0), arg(1)) }, ['less'])
    const sum = create('reduce', [less], { kind: 'sum', axes: [1], epilogue: arg(0) }, ['sum'])
    expect(lower(graph([x], sum)).workspaceBytes).toBe(64 * 4 + 64)
  })

  it('pools bits that are reduced, and maps what is done to them afterwards', () => {
    const x = input('x', { dtype: 'bit', shape: [1, 5, 40] })
    const any = create('reduce', [x], { kind: 'max', axes: [1], epilogue: call('not', arg(0)) }, ['any'])
    expect(kernels(lower(graph([x], any)))).toEqual(['poolBits', 'map'])
    const channels = create('reduce', [x], { kind: 'max', axes: [2], epilogue: arg(0) }, ['any'])
    expect(() => lower(graph([x], channels))).toThrow('cannot be reduced')
  })

  it('drops a reducing op whose epilogue does not ask it', () => {
    const x = input('x', { dtype: 'f32', shape: [1, 4, 4, 1] })
    const epilogue = call('ge', arg(1), arg(1))
    const attrs = { ...window, groups: 1, epilogue }
    const conv = create('conv2d', [x, zeros([2, 1, 1, 1], 'w'), zeros([1, 1, 1, 2], 't')], attrs, ['conv'])
    expect(kernels(lower(graph([x], conv)))).toEqual(['map'])
  })

  it('refuses an operand that repeats for every image but not for every row', () => {
    const x = input('x', { dtype: 'f32', shape: [2, 4, 4, 1] })
    const attrs = { ...window, groups: 1, epilogue: call('add', arg(0), arg(1)) }
    const conv = create('conv2d', [x, zeros([2, 1, 1, 1], 'w'), zeros([1, 4, 1, 1], 't')], attrs, ['conv'])
    expect(() => lower(graph([x], conv))).toThrow('does not go row by row')
  })
})
