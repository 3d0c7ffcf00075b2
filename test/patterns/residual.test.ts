import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { elements, f32, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { seeded } from '../random.ts'
import { codesOf, compiled, runC } from './compiled.ts'
import { biRealNet, reActNet } from './residual-networks.ts'

const kinds = [
  { name: 'Bi-Real Net', build: biRealNet, signs: 3 },
  { name: 'ReActNet', build: reActNet, signs: 5 },
]
const SEEDS = [1, 2, 3]

/** Multiples of 1/8. */
function image(seed: number): Tensor {
  const next = seeded(seed)
  const shape = [1, 3, 8, 8]
  return f32(
    shape,
    Float32Array.from({ length: elements(shape) }, () => Math.floor(next() * 32 - 16) / 8),
  )
}

describe.each(kinds)('$name', ({ build, signs }) => {
  test.each(SEEDS)('seed %i: every binary layer is one, and the values are those of onnxruntime', async seed => {
    const bytes = build(seed)
    const result = await compiled(bytes)
    expect([result.binary, codesOf(result)]).toEqual([signs, []])
    const feeds = new Map([['x', image(seed)]])
    const [expected] = (await runOnnxruntime(bytes, feeds)).values()
    for (const graph of [(await readModel(bytes)).graph, result.graph]) {
      const [actual] = interpret(graph, feeds).values()
      expect(numbersOf(actual!)).toEqual(expected!.values)
    }
  })

  test.runIf(hasCompiler('gcc'))('generated C equals onnxruntime exactly', async () => {
    const cases = await Promise.all(
      SEEDS.map(async seed => ({
        ...(await compiled(build(seed), `net_${seed}`)),
        feeds: new Map([['x', image(seed)]]),
      })),
    )
    for (const [i, values] of runC(cases).entries()) {
      const [expected] = (await runOnnxruntime(build(SEEDS[i]!), cases[i]!.feeds)).values()
      expect(values).toEqual(expected!.values)
    }
  })
})
