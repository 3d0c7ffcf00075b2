/**
 * What a page pays for compiling NIN to WASM the first time: bytes of all its scripts, compressed, and milliseconds by the
 * clock, each in a new browser. `npm run build` first; on a busy machine the time says little.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const RUNS = 5
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

const PAGE = '<!doctype html><meta charset="utf-8"><script type="module" src="/main.js"></script>'
const SCRIPT = `globalThis.firstCompile = async () => {
  const bytes = new Uint8Array(await (await fetch('/model.onnx')).arrayBuffer())
  const start = performance.now()
  const { compile } = await import('${join(root, 'dist/index.js')}')
  const loaded = performance.now()
  const { files } = await compile(bytes, { target: 'wasm', name: 'nin' })
  const done = performance.now()
  await WebAssembly.compile(files.find(({ path }) => path.endsWith('.wasm')).content)
  return { load: loaded - start, compile: done - loaded }
}
`

const folder = mkdtempSync(join(root, 'node_modules/.first-compile-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'index.html'), PAGE)
writeFileSync(join(folder, 'main.js'), SCRIPT)
await build({ root: folder, configFile: false, logLevel: 'error', build: { target: 'es2022', outDir: 'dist' } })

const model = readFileSync(join(root, 'examples/nin-cifar10/nin.binary.onnx'))
const HOST = 'http://xnorc.test'
const found = []
for (let run = 0; run < RUNS; run++) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  const page = await browser.newPage()
  let fetched = 0
  await page.route(`${HOST}/**`, route => {
    const path = new URL(route.request().url()).pathname
    if (path === '/model.onnx') return route.fulfill({ body: model, contentType: 'application/octet-stream' })
    const body = readFileSync(join(folder, 'dist', path === '/' ? 'index.html' : path))
    fetched += gzipSync(body).length
    return route.fulfill({ body, contentType: path.endsWith('.js') ? 'text/javascript' : 'text/html' })
  })
  await page.goto(HOST)
  found.push({ ...(await page.evaluate('firstCompile()')), fetched })
  await browser.close()
}
const median = key => found.map(each => each[key]).sort((a, b) => a - b)[RUNS >> 1]
console.log(`NIN to WASM, ${RUNS} new browsers, medians:`)
console.log(`  fetched   ${Math.round(median('fetched') / 1000)} KB, compressed`)
console.log(`  loading   ${Math.round(median('load'))} ms`)
console.log(
  `  compiling ${Math.round(median('compile'))} ms (all: ${found.map(each => Math.round(each.compile)).join(', ')})`,
)
