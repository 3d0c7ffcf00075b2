import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { elements, f32, i32, type Shape, type Tensor } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { inFolder, xnorc } from '../cli/command.ts'
import { type FunctionSpec, model, node } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { seeded } from '../random.ts'
import { codesOf, compiled, runC } from './compiled.ts'

const values = (shape: Shape, of: (next: () => number) => number, seed = 3): Tensor => {
  const next = seeded(seed)
  return f32(
    shape,
    Float32Array.from({ length: elements(shape) }, () => of(next)),
  )
}
const sixteenths = (next: () => number) => (2 * Math.floor(next() * 32 - 16) + 1) / 16
const latent = values([6, 4, 3, 3], sixteenths)
const library = 'pkg.onnxscript.torch_lib'
const network = 'pkg.torch.2.4'

/** What torch.onnx.export(dynamo=True) wrote before version 2.6: modules and aten ops as local functions. */
const functions: readonly FunctionSpec[] = [
  { name: 'aten_sign', domain: library, in: ['self'], out: ['result'], nodes: [node('Sign', ['self'], 'result')] },
  {
    name: 'aten_view',
    domain: library,
    in: ['self', 'size'],
    out: ['result'],
    nodes: [node('Cast', ['size'], 'long', { to: 7 }), node('Reshape', ['self', 'long'], 'result', { allowzero: 0 })],
  },
  {
    name: 'BinaryConv2d_conv_1',
    domain: network,
    in: ['x', 'weight'],
    out: ['y'],
    attributes: ['padding'],
    nodes: [
      node('aten_sign', ['x'], 'xs', {}, library),
      node('aten_sign', ['weight'], 'ws', {}, library),
      node('Conv', ['xs', 'ws'], 'sums', { pads: { ref: 'padding' } }),
      node('Abs', ['weight'], 'abs'),
      node('Constant', [], 'axes', { value: i32([3], [1, 2, 3]) }),
      node('ReduceSum', ['abs', 'axes'], 'norm', { keepdims: 1 }),
      node('Constant', [], 'n', { value: f32([], [32]) }),
      node('Div', ['norm', 'n'], 'alpha'),
      node('Constant', [], 'shape', { value: i32([4], [1, -1, 1, 1]) }),
      node('aten_view', ['alpha', 'shape'], 'scale', {}, library),
      node('Mul', ['sums', 'scale'], 'y'),
    ],
  },
]

const dynamo = (opset: number): Uint8Array =>
  model({
    inputs: { x: 'float[batch,4,6,6]' },
    outputs: { y: 'float' },
    opset,
    domains: { [library]: 1, [`${library}.common`]: 1, [network]: 1 },
    functions,
    change: proto => {
      for (const { opsetImport } of proto.functions) opsetImport!.push({ domain: library, version: 1 })
    },
    nodes: [
      node('BinaryConv2d_conv_1', ['x', 'weight'], 'c', { padding: [1, 1, 1, 1] }, network),
      node('MaxPool', ['c'], 'p', { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 0, 0], ceil_mode: 1 }),
      node('Add', ['p', 'fine'], 'f'),
      node('Sign', ['f'], 's'),
      // s.view(s.size(0), -1)
      node('Shape', ['s'], 'size', { start: 0, end: 1 }),
      node('Constant', [], 'rest', { value: i32([1], [-1]) }),
      node('Concat', ['size', 'rest'], 'shape', { axis: 0 }),
      node('Reshape', ['s', 'shape'], 'flat'),
      node('Slice', ['flat', 'zero', 'end', 'one'], 'cut'),
      node('Sign', ['dense'], 'signs'),
      node('MatMul', ['cut', 'signs'], 'm'),
      node('Add', ['m', 'bias'], 'y'),
    ],
    initializers: {
      weight: latent,
      dense: values([50, 5], sixteenths, 4),
      bias: values([5], sixteenths, 5),
      fine: f32([], [1 / 4096]),
      zero: i32([1], [0]),
      end: i32([1], [50]),
      one: i32([1], [1]),
    },
  })

const feeds = new Map([['x', values([1, 4, 6, 6], sixteenths, 9)]])

describe('the op mix of the dynamo exporter', () => {
  test.each([18, 20, 22])('opset %i: local functions, shape arithmetic, axes as inputs', async opset => {
    const result = await compiled(dynamo(opset))
    // Its input may hold zeros.
    expect([result.binary, result.float, codesOf(result)]).toEqual([2, 0, ['sign-of-zero']])
  })
  test.each([23, 24, 25])('opset %i, which onnxruntime may not know yet', async opset => {
    expect((await compiled(dynamo(opset))).binary).toBe(2)
  })
  test.runIf(hasCompiler('gcc'))('generated C equals onnxruntime', async () => {
    const bytes = dynamo(20)
    const [expected] = (await runOnnxruntime(bytes, feeds)).values()
    expect(runC([{ ...(await compiled(bytes, 'dynamo')), feeds }])[0]).toEqual(expected!.values)
  })
})

describe('weights in a file beside the model', () => {
  const trained = Float32Array.from({ length: 480 }, (_, i) => Math.sin(i * i))
  const bytes = Buffer.from(trained.buffer)
  const external = model({
    inputs: { x: 'float[1,96]' },
    outputs: { y: 'float' },
    nodes: [node('Sign', ['x'], 's'), node('MatMul', ['s', 'w'], 'y')],
    initializers: {
      w: { type: 'float', dims: [96, 5], external: { location: 'net.data', offset: '4', length: '1920' } },
    },
  })
  test('are read by the command line', () => {
    inFolder(folder => {
      writeFileSync(join(folder, 'net.onnx'), external)
      writeFileSync(join(folder, 'net.data'), Buffer.concat([Buffer.alloc(4), bytes]))
      const { status, stdout } = xnorc('inspect', join(folder, 'net.onnx'))
      expect(status).toBe(0)
      expect(stdout).toContain('1 of 1 layers binary')
    })
  })
  test('or missed by name', () => {
    inFolder(folder => {
      writeFileSync(join(folder, 'net.onnx'), external)
      const { status, stderr } = xnorc('inspect', join(folder, 'net.onnx'))
      expect(status).toBe(1)
      expect(stderr).toMatch(
        /^error: external-data: The data of tensor 'w' cannot be read: .*net\.data.* Keep the data file beside/,
      )
    })
  })
})
