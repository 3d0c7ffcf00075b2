import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SourceFile } from '../../../src/backends/backend.ts'
import { lower } from '../../../src/backends/lower.ts'
import { printWasm } from '../../../src/backends/wasm/index.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { f32, numbersOf } from '../../../src/ir/tensor.ts'
import { smallGraph } from '../../small-graph.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
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

/** A program as a user would write it; the values of the image are the page's. */
const program = `
  import { load } from './small.js'
  const image = Float32Array.from({ length: 72 }, (_, i) => ((i * 7) % 17) / 8 - 1)
  const { logits } = (await load()).run({ image })`

const pages: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/': ['text/html', '<!doctype html><title>small</title><script type="module" src="page.js"></script>'],
  '/page.js': ['text/javascript', `${program}\n  console.log(JSON.stringify([...logits]))`],
  '/worker': [
    'text/html',
    `<!doctype html><title>worker</title><script type="module">
      new Worker('worker.js', { type: 'module' }).onmessage = ({ data }) => { console.log(JSON.stringify(data)) }
    </script>`,
  ],
  '/worker.js': ['text/javascript', `${program}\n  postMessage([...logits])`],
}

/** Serves the pages and the generated files as any static host would, and allows nothing but WASM to be compiled. */
function serve(files: readonly SourceFile[]): Server {
  return createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname
    const file = files.find(each => `/${each.path}` === path)
    const type = path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'
    const [found, content] = file ? [type, file.content] : (pages[path] ?? ['', undefined])
    const csp = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'"
    if (content === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': found, 'content-security-policy': csp }).end(content)
  })
}

describe.skipIf(isMissing())('in headless Chromium', () => {
  const graph = smallGraph()
  let server: Server
  let browser: Awaited<ReturnType<typeof chromium.launch>>

  beforeAll(async () => {
    server = serve(await printWasm(lower(graph), { version: 'test' }))
    await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  it.each(['/', '/worker'])('a page loads the module and runs it: %s', { timeout: 60_000 }, async path => {
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    const logged = page.waitForEvent('console', { predicate: message => message.type() === 'log', timeout: 30_000 })
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}${path}`)
    const logits: unknown = JSON.parse((await logged).text())
    const image = Float32Array.from({ length: 72 }, (_, i) => ((i * 7) % 17) / 8 - 1)
    const [expected] = interpret(graph, new Map([['image', f32([1, 6, 6, 2], image)]])).values()
    expect(logits).toEqual(numbersOf(expected!))
    expect(errors).toEqual([])
    await page.close()
  })
})
