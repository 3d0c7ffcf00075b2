import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SourceFile } from '../../../src/backends/backend.ts'
import { lower } from '../../../src/backends/lower.ts'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { f32, numbersOf } from '../../../src/ir/tensor.ts'
import { smallGraph } from '../../small-graph.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  // Without it a CPU is no adapter.
  '--enable-unsafe-webgpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

function isMissing(): boolean {
  if (existsSync(CHROMIUM)) return false
  if (process.env.CI === 'true') throw new Error(`${CHROMIUM} is missing, and CI must not skip its tests`)
  console.warn(`skipped: ${CHROMIUM} is not installed`)
  return true
}

/** A program as a user would write it: it asks for a device itself. */
const page = `<!doctype html><title>small</title><script type="module">
  import { load } from './small.js'
  const image = Float32Array.from({ length: 144 }, (_, i) => ((i * 7) % 17) / 8 - 1)
  const small = await load({ maxBatch: 2 })
  const { logits } = await small.run({ image })
  console.log(JSON.stringify([...logits]))
  small.destroy()
</script>`

/** Serves the page and the generated files as any static host would; scripts may not make code from text. */
function serve(files: readonly SourceFile[]): Server {
  const all = [...files, { path: '', content: page }]
  return createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname.slice(1)
    const file = all.find(each => each.path === path)
    const type = path === '' ? 'text/html' : path.endsWith('.js') ? 'text/javascript' : 'application/octet-stream'
    const headers = { 'content-type': type, 'content-security-policy': "script-src 'self' 'unsafe-inline'" }
    if (file) response.writeHead(200, headers).end(file.content)
    else response.writeHead(404).end()
  })
}

describe.skipIf(isMissing())('in headless Chromium', () => {
  const graph = smallGraph()
  let server: Server
  let browser: Awaited<ReturnType<typeof chromium.launch>>

  beforeAll(async () => {
    server = serve(await wgsl.print(lower(graph, wgsl.lowering), { version: 'test' }))
    await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  it('a page loads the network and runs a batch', { timeout: 90_000 }, async () => {
    const tab = await browser.newPage()
    const errors: string[] = []
    tab.on('pageerror', error => errors.push(error.message))
    const logged = tab.waitForEvent('console', { predicate: message => message.type() === 'log', timeout: 60_000 })
    await tab.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
    const logits: unknown = JSON.parse((await logged).text())
    const image = Float32Array.from({ length: 144 }, (_, i) => ((i * 7) % 17) / 8 - 1)
    const expected = [0, 72].flatMap(from => {
      const [value] = interpret(graph, new Map([['image', f32([1, 6, 6, 2], image.slice(from, from + 72))]])).values()
      return numbersOf(value!)
    })
    expect(logits).toEqual(expected)
    expect(errors).toEqual([])
    await tab.close()
  })
})
