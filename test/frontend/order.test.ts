import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { CompileError } from '../../src/ir/diagnostic.ts'
import { bits, f32 } from '../../src/ir/tensor.ts'
import { type GraphSpec, type ModelSpec, model, node } from '../onnx.ts'
import { expectLikeOnnxruntime } from '../onnxruntime.ts'

const inputs = { x: 'float[2,3]' }
const outputs = { y: 'float' }
const reasons = async (spec: ModelSpec): Promise<string[]> => {
  const error = await readModel(model(spec)).catch((reason: unknown) => reason)
  return (error as CompileError).diagnostics.map(({ message }) => message)
}

describe('nodes in any order', () => {
  const chain = [
    node('Relu', ['x'], 'a'),
    node('Neg', ['a'], 'b'),
    node('Add', ['a', 'b'], 'c'),
    node('Abs', ['c'], 'y'),
  ]

  test.each([
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [2, 0, 3, 1],
  ])('%i %i %i %i', async (...order) => {
    const nodes = order.map(k => chain[k]!)
    await expectLikeOnnxruntime(model({ inputs, outputs, nodes }))
  })

  test('a chain deeper than the call stack, backwards', async () => {
    const nodes = Array.from({ length: 20000 }, (_, k) => node('Relu', [k ? `v${k}` : 'x'], `v${k + 1}`)).reverse()
    const { graph } = await readModel(model({ inputs, outputs: { v20000: 'float' }, nodes }))
    expect(graph.outputs).toHaveLength(1)
  })

  test('a circle is none', async () => {
    const nodes = [node('Add', ['x', 'b'], 'a'), node('Neg', ['a'], 'b'), node('Abs', ['b'], 'y')]
    expect(await reasons({ inputs, outputs, nodes })).toEqual(["Add 'a' depends on its own result."])
  })
})

describe('If with a constant condition', () => {
  const branch = (op: string, name: string): GraphSpec => ({
    nodes: [node('Mul', ['scaled', 'k'], `${name}_k`), node(op, [`${name}_k`, 'x'], name)],
    outputs: { [name]: 'float' },
    initializers: { k: f32([], [op === 'Add' ? 3 : 5]) },
  })
  const choice = (condition: string) =>
    node('If', [condition], 'y', {
      then_branch: { graph: branch('Add', 't') },
      else_branch: { graph: branch('Sub', 'e') },
    })
  const scale = node('Mul', ['x', 'two'], 'scaled')
  const initializers = { two: f32([], [2]), yes: bits([], [1]), no: bits([], [0]) }

  test.each(['yes', 'no'])('%s: one branch, in the scope around it', async condition => {
    await expectLikeOnnxruntime(model({ inputs, outputs, nodes: [choice(condition), scale], initializers }))
  })

  test('computed from shapes', async () => {
    const nodes = [
      scale,
      node('Shape', ['x'], 'shape'),
      node('Gather', ['shape', 'one'], 'size'),
      node('Equal', ['size', 'three'], 'is three'),
      choice('is three'),
    ]
    const sizes = {
      one: { type: 'int64', dims: [], longs: [1] },
      three: { type: 'int64', dims: [], longs: [3] },
    } as const
    await expectLikeOnnxruntime(model({ inputs, outputs, nodes, initializers: { ...initializers, ...sizes } }))
  })

  test('what is wrong in a branch is told, and nothing that follows from it', async () => {
    const graph = { nodes: [node('GRU', ['x'], 't')], outputs: { t: 'float' } }
    const nodes = [
      node('If', ['yes'], 'a', { then_branch: { graph }, else_branch: { graph } }),
      node('Abs', ['a'], 'y'),
    ]
    expect(await reasons({ inputs, outputs, nodes, initializers })).toEqual(["GRU 't' is not supported."])
    const unknown = { nodes: [node('Abs', ['nowhere'], 't')], outputs: { t: 'float' } }
    const wrong = [node('If', ['yes'], 'y', { then_branch: { graph: unknown }, else_branch: { graph: unknown } })]
    expect(await reasons({ inputs, outputs, nodes: wrong, initializers })).toContain(
      "Abs 't' reads 'nowhere', which nothing produces.",
    )
  })

  test('a condition that depends on the input is refused', async () => {
    const nodes = [scale, node('ReduceMax', ['x'], 'most'), node('Cast', ['most'], 'c', { to: 9 }), choice('c')]
    expect(await reasons({ inputs, outputs, nodes, initializers })).toEqual([
      "If 'y' takes its condition from a value that depends on the input; supported: a constant.",
    ])
  })
})

test('every unsupported node is listed once, behind others too', async () => {
  const nodes = [
    node('GRU', ['x'], 'a'),
    node('Relu', ['a'], 'b'),
    node('LSTM', ['b'], 'c'),
    node('twice', ['c'], 'd', {}, 'own'),
    node('Add', ['d', 'x'], 'y'),
  ]
  const functions = [{ name: 'twice', domain: 'own', in: ['v'], out: ['w'], nodes: [node('RNN', ['v'], 'w')] }]
  expect(await reasons({ inputs, outputs, nodes, functions, domains: { own: 1 } })).toEqual([
    "GRU 'a' is not supported.",
    "LSTM 'c' is not supported.",
    "RNN 'd/w' is not supported.",
  ])
})

test('a Git LFS pointer is named as one', async () => {
  const text =
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32\nsize 12345\n'
  const error = await readModel(new TextEncoder().encode(text)).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CompileError)
  expect((error as CompileError).message).toContain('it is a Git LFS pointer')
})
