import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createServer, type Plugin } from 'vite'
import { beforeAll, describe, expect, test } from 'vitest'
import { isChromiumMissing, openBrowser } from '../chromium.ts'
import { model } from '../onnx.ts'
import { build, makeFolder, openBuilt, pageOf } from './builds.ts'
import { IMAGE, image, networkFiles, networkModel } from './network.ts'
import { areToolsMissing } from './tools.ts'

const main = `import { load } from './net.onnx'
import { load as loadGpu } from './net.onnx?wgsl'
import { load as loadInline } from './net.onnx?inline'

const image = ${IMAGE}
const results = []
for (const make of [load, loadGpu, loadInline]) results.push([...(await (await make()).run({ image })).classes])
console.log(JSON.stringify(results))
`
const broken = model({
  inputs: { x: 'float[1,4]' },
  outputs: { y: 'float' },
  nodes: [{ op: 'Mystery', in: ['x'], out: ['y'], name: 'odd one' }],
})

const project = (source: string, onnx: Uint8Array) =>
  makeFolder([
    { path: 'main.js', content: source },
    { path: 'net.onnx', content: onnx },
    { path: 'package.json', content: '{ "type": "module", "private": true }' },
  ])

const bundlers = ['vite', 'webpack', 'rspack', 'rollup', 'esbuild'] as const

/** The plugin runs as it is published. */
const plugin = resolve(import.meta.dirname, '../../dist/plugin/vite.js')
function isBuildMissing(): boolean {
  if (existsSync(plugin)) return false
  console.warn('skipped: the plugin is not built (npm run build)')
  return true
}

describe.skipIf(areToolsMissing() || isBuildMissing())('the plugin for', { timeout: 240_000 }, () => {
  let expected: number[]
  beforeAll(async () => {
    const { load } = await import(pathToFileURL(join(makeFolder(await networkFiles({})), 'net.js')).href)
    expected = [...(await load()).run({ image }).classes]
  })

  describe.each(bundlers)('%s', bundler => {
    test.skipIf(isChromiumMissing())('compiles what a page imports, and writes its types', async () => {
      const folder = project(main, networkModel)
      expect(await build('plugin.js', folder, bundler)).toEqual({ complaints: [] })
      expect(await openBuilt(folder, 'main.js')).toEqual([expected, expected, expected])
      const types = readFileSync(join(folder, 'net.d.onnx.ts'), 'utf8')
      expect(types).toContain('readonly image: Float32Array')
    })

    test('says what is wrong with a model, and where', async () => {
      const folder = project(`import { load } from './net.onnx'\nload()\n`, broken)
      const { error } = (await build('plugin.js', folder, bundler)) as { error: string }
      expect(error).toContain(`${join(folder, 'net.onnx')}: `)
      expect(error).toContain("Mystery 'odd one'")
      expect(error).not.toContain('compile-file')
    })

    test('knows its queries', async () => {
      const folder = project(`import { load } from './net.onnx?webgl'\nload()\n`, networkModel)
      const { error } = (await build('plugin.js', folder, bundler)) as { error: string }
      expect(error).toContain('there is no ?webgl; there is ?wasm, ?wgsl')
    })
  })

  test('Vite on a server', async () => {
    const source = `import { load } from './net.onnx'
console.log(JSON.stringify([...(await load()).run({ image: ${IMAGE} }).classes]))
`
    const folder = project(source, networkModel)
    expect(await build('plugin.js', folder, 'server')).toEqual({ complaints: [] })
    const printed = execFileSync(process.execPath, [join(folder, 'dist/main.js')], { encoding: 'utf8' })
    expect(JSON.parse(printed)).toEqual(expected)
  })

  test.skipIf(isChromiumMissing())('a page of a development server changes with the model', async () => {
    const source = `import { load } from './net.onnx'
const { classes } = (await load()).run({ image: ${IMAGE} })
console.log(JSON.stringify([...classes]))
`
    const folder = project(source, networkModel)
    writeFileSync(join(folder, 'index.html'), pageOf('/main.js'))
    const { default: xnorc } = (await import(pathToFileURL(plugin).href)) as { default: () => Plugin }
    const server = await createServer({ root: folder, configFile: false, logLevel: 'silent', plugins: [xnorc()] })
    const browser = await openBrowser()
    try {
      await server.listen(0)
      const page = await browser.newPage()
      const next = async () => {
        const message = await page.waitForEvent('console', { predicate: each => each.type() === 'log' })
        return JSON.parse(message.text())
      }
      const [first] = await Promise.all([next(), page.goto(server.resolvedUrls!.local[0]!)])
      expect(first).toEqual(expected)
      const twice = model({
        inputs: { image: 'float[1,3,32,32]' },
        outputs: { classes: 'float' },
        nodes: [{ op: 'Neg', in: ['image'], out: ['classes'], name: 'negative' }],
      })
      const [second] = await Promise.all([next(), writeFile(join(folder, 'net.onnx'), twice)])
      expect(second).toEqual([...image].map(value => 0 - value))
    } finally {
      await browser.close()
      await server.close()
    }
  })

  test('keeps what it compiled, as long as nothing changed', async () => {
    const folder = project(`import { load } from './net.onnx'\nload()\n`, networkModel)
    const cache = join(folder, 'node_modules/.cache/xnorc')
    const kept = () => readdirSync(cache).filter(name => !name.endsWith('.json'))
    await build('plugin.js', folder, 'rollup')
    const [entry] = kept()
    // A mark that a new compilation would not have.
    const file = join(cache, entry!, 'net.js')
    writeFileSync(file, `${readFileSync(file, 'utf8')}\nglobalThis.isKept = true\n`)
    await build('plugin.js', folder, 'rollup')
    expect(readFileSync(join(folder, 'dist/main.js'), 'utf8')).toContain('isKept')
    const other = model({
      inputs: { image: 'float[1,8]' },
      outputs: { classes: 'float' },
      nodes: [{ op: 'Relu', in: ['image'], out: ['classes'], name: 'other' }],
    })
    writeFileSync(join(folder, 'net.onnx'), other)
    await build('plugin.js', folder, 'rollup')
    expect(readFileSync(join(folder, 'dist/main.js'), 'utf8')).not.toContain('isKept')
    expect(kept()).toHaveLength(2)
  })
})
