import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkModel } from '../../src/frontend/check-model.ts'
import { importGraph } from '../../src/frontend/import-graph.ts'
import { decodeModel, decodeTensor, type Model } from '../../src/frontend/model.ts'
import { readTensor } from '../../src/frontend/tensors.ts'
import { CompileError } from '../../src/ir/diagnostic.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { allocate, type DType, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { verify } from '../../src/ir/verify.ts'
import { isMissing, readShared, sharedPath } from '../shared.ts'
import { exclusions } from './exclusions.ts'

const root = 'data/onnx-backend'
const missing = isMissing(`${root}/cases.txt`)
const names = missing
  ? []
  : new TextDecoder()
      .decode(readShared(`${root}/cases.txt`))
      .split('\n')
      .filter(Boolean)
      .map(line => line.split('\t')[0]!)

const reasonOf = (name: string) => exclusions.find(({ cases }) => cases.test(name))

describe.skipIf(missing)('ONNX backend cases', () => {
  test.each(names.filter(name => !reasonOf(name)))('%s', async name => {
    const model = await decodeModel(readShared(`${root}/${name}/model.onnx`))
    const inputs = await readAll(name, 'input')
    const { graph, feeds } = importWith(model, inputs)
    verify(graph)
    const results = [...interpret(graph, feeds).values()]
    const expected = await readAll(name, 'output')
    expect(results.length).toBe(expected.length)
    results.forEach((result, k) => void expectClose(result, expected[k]!))
  })

  // A case that begins to work must leave the table.
  test.each(names.filter(reasonOf))('%s is refused', async name => {
    const { code } = reasonOf(name)!
    const attempt = async () => {
      const model = await decodeModel(readShared(`${root}/${name}/model.onnx`))
      // Inputs that the compiler refuses cannot be read either: it has to speak first.
      return importWith(model, await readAll(name, 'input').catch(() => []))
    }
    await expect(attempt()).rejects.toThrow(`${code}: `)
    await expect(attempt()).rejects.toThrow(CompileError)
  })

  test('every exclusion is needed', () => {
    for (const { cases } of exclusions) expect(names.some(name => cases.test(name))).toBe(true)
  })
})

/** The cases feed weights as inputs too; where the compiler needs constants, all but the first become initializers. */
function importWith(model: Model, inputs: readonly Tensor[]) {
  try {
    return importPlain(model, inputs)
  } catch (error) {
    if (!(error instanceof CompileError) || !error.diagnostics.every(({ code }) => code === 'not-constant')) throw error
    const [first, ...others] = model.graph.inputs
    const bound = others.map(({ name, dataType }, k) => ({
      name,
      dataType,
      dims: inputs[k + 1]!.shape,
      raw: new Uint8Array(),
      typed: numbersOf(inputs[k + 1]!),
      external: undefined,
    }))
    const graph = {
      ...model.graph,
      inputs: first ? [first] : [],
      initializers: [...model.graph.initializers, ...bound],
    }
    return importPlain({ ...model, graph }, inputs.slice(0, 1))
  }
}

function importPlain(model: Model, inputs: readonly Tensor[]) {
  checkModel(model)
  const { graph } = importGraph(model, { name: 'case', batch: 1, sizes: {}, readExternal: undefined })
  return { graph, feeds: new Map(graph.inputs.map((node, k) => [node.attrs.name, as(node.type.dtype, inputs[k]!)])) }
}

/** Tensors are read as f32, i32 or bits; inputs may want u8 or i64. */
function as(dtype: DType, tensor: Tensor): Tensor {
  const values = allocate(dtype, tensor.values.length)
  numbersOf(tensor).forEach((value, i) => {
    values[i] = dtype === 'i64' ? BigInt(value) : value
  })
  return { dtype, shape: tensor.shape, values }
}

async function readAll(name: string, kind: 'input' | 'output'): Promise<Tensor[]> {
  const tensors: Tensor[] = []
  for (let k = 0; existsSync(sharedPath(`${root}/${name}/test_data_set_0/${kind}_${k}.pb`)); k++)
    tensors.push(readTensor(await decodeTensor(readShared(`${root}/${name}/test_data_set_0/${kind}_${k}.pb`))))
  return tensors
}

/** The suite's own tolerance: 1e-3 relative, 1e-7 absolute. */
function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape)
  expect(actual.dtype).toBe(expected.dtype)
  const [got, wanted] = [numbersOf(actual), numbersOf(expected)]
  got.forEach((value, i) => {
    const isClose = Math.abs(value - wanted[i]!) <= 1e-7 + 1e-3 * Math.abs(wanted[i]!)
    if (!isClose && !Object.is(value, wanted[i])) expect(`${value} at ${i}`).toBe(`${wanted[i]} at ${i}`)
  })
}
