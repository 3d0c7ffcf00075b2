import { describe, expect, test } from 'vitest'
import { CompileError } from '../../src/ir/diagnostic.ts'
import { f32, type Tensor } from '../../src/ir/tensor.ts'
import { model, type NodeSpec } from '../onnx.ts'
import { isMissing, readShared } from '../shared.ts'
import { codesOf, compiled } from './compiled.ts'

const node = (op: string, inputs: readonly string[], out: string, attrs: NodeSpec['attrs'] = {}): NodeSpec => ({
  op,
  in: inputs,
  out: [out],
  name: out,
  attrs,
})

/** `nodes` lead from x to s, the input of a binary layer. */
const network = (nodes: readonly NodeSpec[], initializers: Record<string, Tensor> = {}, x = 'float[1,4,4,4]') =>
  model({
    inputs: { x },
    outputs: { y: 'float' },
    nodes: [...nodes, node('Conv', ['s', 'w'], 'y')],
    initializers: { w: f32([2, 4, 1, 1], [1, -1, 1, 1, -1, 1, 1, -1]), ...initializers },
  })

const pads = { pads: [1, 1, 1, 1] }
/** Sums of 4 × 3 × 3 signs: even. */
const even = f32(
  [4, 4, 3, 3],
  new Array(144).fill(1).map((v, i) => (i % 3 ? v : -v)),
)
const binaryOf = (x: string) => [node('Sign', [x], 'b'), node('Conv', ['b', 'k'], 'c')]
const binary = binaryOf('x')
const line = { gain: f32([4, 1, 1], [0.3, 0.7, -0.2, 1.1]), shift: f32([4, 1, 1], [0.11, -0.23, 0.37, 0.41]) }

const reachable: readonly [string, Uint8Array][] = [
  ['the input of the model', network([node('Sign', ['x'], 's')])],
  [
    'the input of the model, scaled and clamped',
    network([node('Mul', ['x', 'gain'], 'm'), node('Clip', ['m', 'low', 'high'], 'n'), node('Sign', ['n'], 's')], {
      gain: line.gain,
      low: f32([], [-1]),
      high: f32([], [1]),
    }),
  ],
  [
    'a convolution of the input without a bias: an image has black parts',
    network([node('Conv', ['x', 'k'], 'm'), node('Sign', ['m'], 's')], {
      k: f32([4, 4, 1, 1], [0.3, 0.1, -2, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3]),
    }),
  ],
  ['sums of an even number of bits', network([...binary, node('Sign', ['c'], 's')], { k: even })],
  [
    'sums of an odd number of bits with padding, which leaves some out',
    network(
      [node('Sign', ['x'], 'b'), node('Conv', ['b', 'k'], 'c', pads), node('Sign', ['c'], 's')],
      {
        k: f32([4, 1, 3, 3], new Array(36).fill(1)),
        // One channel per group.
      },
      'float[1,1,4,4]',
    ),
  ],
  [
    'a scaled sum',
    network([...binary, node('Mul', ['c', 'gain'], 'm'), node('Sign', ['m'], 's')], { k: even, gain: line.gain }),
  ],
  [
    'a sum and a shift on its lattice',
    network([...binary, node('Add', ['c', 'two'], 'm'), node('Sign', ['m'], 's')], { k: even, two: f32([], [2]) }),
  ],
  [
    'the end of a clamp',
    network(
      [
        node('Clip', ['x', 'low', 'high'], 'm'),
        node('Sub', ['m', 'high'], 'n'),
        node('Add', ['n', 'high'], 'o'),
        node('Min', ['o', 'zero'], 'p'),
        node('Mul', ['p', 'signs'], 'q'),
        node('Sign', ['q'], 's'),
      ],
      { low: f32([], [-1]), high: f32([], [1]), zero: f32([], [0]), signs: f32([4, 1, 1], [1, -1, 1, -1]) },
    ),
  ],
  [
    'ReLU and a scale of either sign',
    network([node('Relu', ['x'], 'r'), node('Mul', ['r', 'gain'], 'm'), node('Sign', ['m'], 's')], line),
  ],
  [
    'a sum of signs',
    network(
      [
        node('Sign', ['x'], 'a'),
        node('Neg', ['x'], 'n'),
        node('Add', ['n', 'shift'], 'm'),
        node('Sign', ['m'], 'b'),
        node('Add', ['a', 'b'], 'c'),
        node('Sign', ['c'], 's'),
      ],
      line,
    ),
  ],
]

/** An input may hold zeros; behind a shift, that would be chance. */
const off = node('Add', ['x', 'fine'], 'e')
const fine = { fine: f32([], [1 / 4096]) }

const unreachable: readonly [string, Uint8Array][] = [
  ['any float', network([off, node('Sign', ['e'], 's')], fine)],
  [
    'a clamp to ±1',
    network([off, node('Clip', ['e', 'low', 'high'], 'm'), node('Sign', ['m'], 's')], {
      ...fine,
      low: f32([], [-1]),
      high: f32([], [1]),
    }),
  ],
  [
    'sums of an odd number of bits',
    network(
      [off, node('Sign', ['e'], 'b'), node('Conv', ['b', 'k'], 'c'), node('Sign', ['c'], 's')],
      { ...fine, k: f32([4, 1, 3, 3], new Array(36).fill(1)) },
      'float[1,1,4,4]',
    ),
  ],
  [
    'batch norm after a sum',
    network(
      [
        off,
        ...binaryOf('e'),
        node('Mul', ['c', 'gain'], 'm'),
        node('Add', ['m', 'shift'], 'n'),
        node('Sign', ['n'], 's'),
      ],
      {
        k: even,
        ...fine,
        ...line,
      },
    ),
  ],
  [
    'ReLU with a shift behind it',
    network(
      [
        node('Relu', ['x'], 'r'),
        node('Mul', ['r', 'gain'], 'm'),
        node('Add', ['m', 'shift'], 'n'),
        node('Sign', ['n'], 's'),
      ],
      line,
    ),
  ],
  ['ReLU: 0 or 1, exactly', network([node('Relu', ['x'], 'r'), node('Sign', ['r'], 's')])],
  [
    'a sign that says what 0 is',
    network(
      [off, ...binaryOf('e'), node('Sign', ['c'], 'a'), node('Add', ['a', 'tenth'], 'n'), node('Sign', ['n'], 's')],
      {
        k: even,
        ...fine,
        tenth: f32([], [0.1]),
      },
    ),
  ],
  [
    'a residual sum of floats',
    network([off, node('Conv', ['e', 'k'], 'c', pads), node('Add', ['c', 'e'], 'n'), node('Sign', ['n'], 's')], {
      ...fine,
      k: even.values.length
        ? f32(
            [4, 4, 3, 3],
            (even.values as Float32Array).map(v => v * 0.3),
          )
        : even,
    }),
  ],
]

describe('an exact 0 before a sign', () => {
  test.each(reachable)('%s: warned of, or refused', async (_, bytes) => {
    expect(codesOf(await compiled(bytes))).toContain('sign-of-zero')
    const refusal = await compiled(bytes, 'net', { signZero: 'error' }).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(CompileError)
    expect((refusal as CompileError).message).toMatch(/^sign-of-zero: Sign '\w+' takes the sign of values that can be/)
  })
  test.each(unreachable)('%s: nothing to say', async (_, bytes) => {
    expect(codesOf(await compiled(bytes, 'net', { signZero: 'error' }))).not.toContain('sign-of-zero')
  })
  test('signs that feed no layer keep their 0', async () => {
    const bytes = model({
      inputs: { x: 'uint8[4]' },
      outputs: { y: 'float' },
      nodes: [node('Cast', ['x'], 'f', { to: 1 }), node('Sign', ['f'], 'y')],
    })
    expect(codesOf(await compiled(bytes, 'net', { signZero: 'error' }))).toEqual([])
  })
  test.skipIf(isMissing('models/gtsrb_30.onnx'))('gtsrb_30 defines it: no warning', async () => {
    expect(codesOf(await compiled(readShared('models/gtsrb_30.onnx'), 'gtsrb', { signZero: 'error' }))).toEqual([])
  })
})
