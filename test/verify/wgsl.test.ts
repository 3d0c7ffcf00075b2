import { expect, test } from 'vitest'
import { wgsl } from '../../src/backends/wgsl/index.ts'
import { createWgslRunner } from '../../src/cli/runners/wgsl.ts'
import { makeFeeds, specialFeeds } from '../../src/verify/inputs.ts'
import { verifyModel } from '../../src/verify/verify-model.ts'
import { hasDriver } from '../gpu.ts'
import { smallNetwork } from './small-network.ts'

const isThere = await hasDriver('swiftshader')

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

test.runIf(isThere)('weights that differ in a byte are found', async () => {
  const result = await verifyModel(smallNetwork(), {
    name: 'small',
    backend: {
      ...wgsl,
      print: async (plan, options) => {
        const files = await wgsl.print(plan, options)
        return files.map(file =>
          file.path.endsWith('.bin')
            ? { ...file, content: (file.content as Uint8Array).map((byte, k) => (k === 4400 ? byte ^ 255 : byte)) }
            : file,
        )
      },
    },
    runner: createWgslRunner(),
    feeds: graph => [makeFeeds(graph, 1)],
    references: [],
    tolerance: 1e-5,
  })
  expect(result.ok).toBe(false)
})
