import { describe, expect, test } from 'vitest'
import { wgsl } from '../../src/backends/wgsl/index.ts'
import type { Graph } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { compileC, hasCompiler } from '../c-runner.ts'
import { hasDriver, openDevice } from '../gpu.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { optimise } from '../plan.ts'
import { randomTensor } from '../random.ts'
import { loadPlan } from '../wasm-runner.ts'
import { importLoader, joinFeeds, sampleOf } from '../wgsl-runner.ts'
import { operators } from './operators/index.ts'
import type { Operator } from './operators/operator.ts'

const feedsOf = ({ inputs }: Graph): ReadonlyMap<string, Tensor> =>
  new Map(inputs.map((node, k) => [node.attrs.name, randomTensor(node.type, 7 + k)]))

type Outputs = ReadonlyMap<string, Tensor>

async function expectLike({ bytes, name, tolerance = 1e-5 }: Operator, feeds: Outputs, actual: Outputs): Promise<void> {
  for (const [output, { shape, values }] of await runOnnxruntime(bytes, feeds)) {
    const tensor = actual.get(output)!
    expect(tensor.shape, name).toEqual(shape)
    numbersOf(tensor).forEach((value, i) => {
      const isClose = Math.abs(value - values[i]!) <= tolerance * (1 + Math.abs(values[i]!))
      if (!isClose && !Object.is(value, values[i]))
        expect(`${output}[${i}] = ${value}`, name).toBe(`${output}[${i}] = ${values[i]}`)
    })
  }
}

/** By generated code, like onnxruntime. */
describe.each(Object.entries(operators))('%s', (theme, list) => {
  const graphs = list.map(({ bytes }, k) => optimise(bytes, `${theme}_${k}`))

  test.each(list.map((each, k) => [each.name, k] as const))('%s, interpreted', async (_, k) => {
    const graph = await graphs[k]!
    const feeds = feedsOf(graph)
    await expectLike(list[k]!, feeds, interpret(graph, feeds))
  })

  test.runIf(hasCompiler('gcc'))('C', { timeout: 480_000 }, async () => {
    const made = await Promise.all(graphs)
    const plans = made.map(graph => lower(graph))
    const program = compileC(plans)
    for (const [k, plan] of plans.entries()) {
      const feeds = feedsOf(made[k]!)
      await expectLike(list[k]!, feeds, program.run(plan, [feeds])[0]!.outputs)
    }
  })

  test('WASM', { timeout: 240_000 }, async () => {
    for (const [k, graph] of (await Promise.all(graphs)).entries()) {
      const feeds = feedsOf(graph)
      await expectLike(list[k]!, feeds, (await loadPlan(lower(graph)))(feeds))
    }
  })

  test.runIf(hasDriver('swiftshader'))('WGSL', { timeout: 240_000 }, async () => {
    const device = await openDevice('swiftshader')
    for (const [k, graph] of (await Promise.all(graphs)).entries()) {
      const feeds = feedsOf(graph)
      const plan = lower(graph, wgsl.lowering)
      const model = await (await importLoader(plan)).load({ device })
      const results = await model.run(joinFeeds(plan, [feeds]))
      const outputs = plan.outputs.map(port => [port.name, sampleOf(port, results[port.name]!, 0)] as const)
      await expectLike(list[k]!, feeds, new Map(outputs))
      model.destroy()
    }
    device.destroy()
  })
})
