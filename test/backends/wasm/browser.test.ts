import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printWasm } from '../../../src/backends/wasm/index.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { f32, numbersOf } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { isChromiumMissing, logged, openSite, type Site } from '../../chromium.ts'
import { smallGraph } from '../../small-graph.ts'

/** A program as a user would write it; the values of the image are the page's. */
const program = `
  import { load } from './small.js'
  const image = Float32Array.from({ length: 72 }, (_, i) => ((i * 7) % 17) / 8 - 1)
  const { logits } = (await load()).run({ image })`

const pages = [
  {
    path: 'page.html',
    content: '<!doctype html><title>small</title><script type="module" src="page.js"></script>',
  },
  { path: 'page.js', content: `${program}\n  console.log(JSON.stringify([...logits]))` },
  {
    path: 'worker.html',
    content: `<!doctype html><title>worker</title><script type="module">
      new Worker('worker.js', { type: 'module' }).onmessage = ({ data }) => { console.log(JSON.stringify(data)) }
    </script>`,
  },
  { path: 'worker.js', content: `${program}\n  postMessage([...logits])` },
]

describe.skipIf(isChromiumMissing())('in headless Chromium', () => {
  const graph = smallGraph()
  let site: Site

  beforeAll(async () => {
    const files = await printWasm(lower(graph), { version: 'test' })
    site = await openSite([...files, ...pages], { csp: "'wasm-unsafe-eval'" })
  }, 60_000)

  afterAll(() => site?.close())

  it.each(['page.html', 'worker.html'])('a page loads the module and runs it: %s', { timeout: 180_000 }, async path => {
    const image = Float32Array.from({ length: 72 }, (_, i) => ((i * 7) % 17) / 8 - 1)
    const [expected] = interpret(graph, new Map([['image', f32([1, 6, 6, 2], image)]])).values()
    expect(await site.open(path, logged(30_000))).toEqual(numbersOf(expected!))
  })
})
