import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { f32, numbersOf } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { isChromiumMissing, logged, openSite, type Site } from '../../chromium.ts'
import { smallGraph } from '../../small-graph.ts'

/** A program as a user would write it: it asks for a device itself. */
const page = `<!doctype html><title>small</title><script type="module">
  import { load } from './small.js'
  const image = Float32Array.from({ length: 144 }, (_, i) => ((i * 7) % 17) / 8 - 1)
  const small = await load({ maxBatch: 2 })
  const { logits } = await small.run({ image })
  console.log(JSON.stringify([...logits]))
  small.destroy()
</script>`

describe.skipIf(isChromiumMissing())('in headless Chromium', () => {
  const graph = smallGraph()
  let site: Site

  beforeAll(async () => {
    const files = await wgsl.print(lower(graph, wgsl.lowering), { version: 'test' })
    // Without the flag a CPU is no adapter.
    site = await openSite([...files, { path: 'page.html', content: page }], { flags: ['--enable-unsafe-webgpu'] })
  }, 60_000)

  afterAll(() => site?.close())

  it('a page loads the network and runs a batch', { timeout: 180_000 }, async () => {
    const image = Float32Array.from({ length: 144 }, (_, i) => ((i * 7) % 17) / 8 - 1)
    const expected = [0, 72].flatMap(from => {
      const [value] = interpret(graph, new Map([['image', f32([1, 6, 6, 2], image.slice(from, from + 72))]])).values()
      return numbersOf(value!)
    })
    expect(await site.open('page.html', logged(60_000))).toEqual(expected)
  })
})
