import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withScratch } from '../../../src/backends/wasm/scratch.ts'
import { arg, call } from '../../../src/ir/expr.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import { lower } from '../../../src/lower/index.ts'
import { callsOf } from '../../../src/plan/buffers.ts'
import { verifyPlan } from '../../../src/plan/verify.ts'
import { dyadicTensor } from '../../random-epilogues.ts'
import { loadPlan } from '../../wasm-runner.ts'

/** Layers that are large enough for tables: with thresholds, with sums, and with an operand per pixel. */
const layers = fc
  .record({
    height: fc.integer({ min: 1, max: 12 }),
    width: fc.integer({ min: 6, max: 80 }),
    channels: fc.integer({ min: 1, max: 70 }),
    filters: fc.integer({ min: 16, max: 70 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 })),
    dilation: fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2)),
    padding: fc.tuple(...[0, 1, 2, 3].map(() => fc.constantFrom(0, 1, 2, 6))),
    epilogue: fc.constantFrom('threshold', 'sum', 'map', 'alone'),
    seed: fc.integer(),
  })
  .map(({ height, width, channels, filters, kernel, dilation, padding, epilogue, seed }) => {
    const needed = Math.max(0, (kernel[0] - 1) * dilation[0] + 1 - height)
    const right = Math.max(0, (kernel[1] - 1) * dilation[1] + 1 - width)
    const [top, left, below, beside] = padding as [number, number, number, number]
    const window = { stride: [1, 1], dilation, padding: [top, left, below + needed, beside + right] } as const
    const x = input('x', { dtype: 'bit', shape: [1, height, width, channels] })
    const weights = constant(dyadicTensor('bit', [filters, ...kernel, channels], seed), ['weights'])
    const plain = create('binaryConv2d', [x, weights], { ...window, groups: 1, epilogue: arg(0) }, ['plain'])
    const [, outHeight, outWidth] = plain.type.shape as [number, number, number]
    const thresholds = constant(dyadicTensor('i32', [1, 1, 1, epilogue === 'alone' ? 1 : filters], seed), ['limits'])
    const scale = constant(dyadicTensor('f32', [1, outHeight, outWidth, 1], seed), ['scale'])
    const scaled = call('ge', call('mul', call('float', arg(0)), arg(1)), arg(1))
    const attrs = { ...window, groups: 1 }
    const layer =
      epilogue === 'sum'
        ? plain
        : epilogue === 'map'
          ? create('binaryConv2d', [x, weights, scale], { ...attrs, epilogue: scaled }, ['scaled'])
          : create('binaryConv2d', [x, weights, thresholds], { ...attrs, epilogue: call('ge', arg(0), arg(1)) }, [
              'bits',
            ])
    return { name: 'layer', inputs: [x], outputs: [{ name: 'y', node: layer }] }
  })

it('convolutions by tables equal the interpreter', { timeout: 240_000 }, async () => {
  let chosen = 0
  await fc.assert(
    fc.asyncProperty(layers, async graph => {
      const plan = lower(graph)
      const placed = withScratch(plan)
      verifyPlan(placed)
      for (const call of placed.steps.flatMap(callsOf)) if (call.kernel === 'binaryConv2d' && call.scratch) chosen++
      const run = await loadPlan(plan)
      for (const seed of [1, 2]) {
        const { type } = graph.inputs[0]!
        const feeds = new Map([['x', dyadicTensor('bit', type.shape, seed)]])
        expect(run(feeds).get('y')!.values).toEqual(interpret(graph, feeds).get('y')!.values)
      }
    }),
    { numRuns: 60, seed: 3 },
  )
  expect(chosen).toBeGreaterThan(35)
})
