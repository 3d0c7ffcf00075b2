import { expect, test } from 'vitest'
import { wgsl } from '../../src/backends/wgsl/index.ts'
import { callsOf } from '../../src/plan/buffers.ts'
import { makeFeeds, specialFeeds } from '../../src/run/inputs.ts'
import { createWgslRunner } from '../../src/run/wgsl.ts'
import { verifyModel } from '../../src/verify/verify-model.ts'
import { hasDriver } from '../gpu.ts'
import { smallNetwork } from './small-network.ts'

const isThere = hasDriver('swiftshader')

test.runIf(isThere)('every layer of generated shaders is verified', async () => {
  const result = await verifyModel(smallNetwork(), {
    name: 'small',
    backend: wgsl,
    runner: createWgslRunner(),
    feeds: graph => [makeFeeds(graph, 1), ...specialFeeds(graph)],
    references: [],
    tolerance: 1e-5,
  })
  expect(result).toMatchObject({ ok: true, verdict: 'equal', faults: [] })
  expect(result.layers.every(({ compared }) => compared > 0)).toBe(true)
})

test.runIf(isThere)('a wrong border is found in its layer', async () => {
  const result = await verifyModel(smallNetwork(), {
    name: 'small',
    backend: {
      ...wgsl,
      print: (plan, options) => {
        for (const call of plan.steps.flatMap(callsOf))
          if (call.kernel === 'binaryConv2d' && call.origin[0] === 'second')
            (call.params as { padTop: number }).padTop = 0
        return wgsl.print(plan, options)
      },
    },
    runner: createWgslRunner(),
    feeds: graph => [makeFeeds(graph, 1)],
    references: [],
    tolerance: 1e-5,
  })
  expect(result.layers.filter(({ wrong }) => wrong > 0).map(({ name }) => name)).toEqual(['second'])
})
