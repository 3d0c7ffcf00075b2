import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceFile } from '../../src/backends/backend.ts'
import { isChromiumMissing, logged, openSite } from '../chromium.ts'
import { IMAGE, image, networkFiles } from './network.ts'
import { areToolsMissing, toolFolder } from './tools.ts'

/** Every engine, with files beside the script and without. */
const main = `import { load } from './net/net.js'
import { load as loadInline } from './inline/net.js'

const image = ${IMAGE}

export async function main() {
  const results = []
  for (const make of [load, loadInline])
    for (const prefer of ['wasm', 'webgpu']) {
      const net = await make({ prefer })
      const { classes } = await net.run({ image })
      results.push({ engine: net.engine, classes: [...classes] })
      net.destroy()
    }
  console.log(JSON.stringify(results))
}

if (typeof document !== 'undefined' && document.title === 'net page') main()
`

/** The arguments of each bundler's script, and the page that it builds or ours. */
const bundlers = {
  Vite: ['vite.js', 'index.html'],
  'webpack 5': ['webpack.js', 'main.js'],
  Rspack: ['rspack.js', 'main.js'],
  Rollup: ['rollup.js', 'main.js'],
  esbuild: ['esbuild.js', 'main.js'],
  Parcel: ['parcel.js', 'index.html'],
  'Next.js with Turbopack': ['next.js', 'index.html', '--turbopack'],
  'Next.js with webpack': ['next.js', 'index.html', '--webpack'],
} as const

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function write(folder: string, files: readonly SourceFile[]): void {
  mkdirSync(folder, { recursive: true })
  for (const { path, content } of files) writeFileSync(join(folder, path), content)
}

/** What a bundler complained about. */
const build = (script: string, folder: string, flags: readonly string[]): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const args = [join(toolFolder, 'bundlers', script), folder, ...flags]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    child.stdout.on('data', text => (out += text))
    child.stderr.on('data', text => (errors += text))
    child.on('close', status => {
      if (status === 0) resolve(JSON.parse(out.trimEnd().split('\n').at(-1)!))
      else reject(new Error(`${script} failed\n${out}${errors}`))
    })
  })

/** A static host has these. */
function filesIn(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap(file => {
    const path = join(file.parentPath, file.name)
    return file.isFile() ? [{ path: path.slice(folder.length + 1), content: readFileSync(path) }] : []
  })
}

describe.skipIf(areToolsMissing() || isChromiumMissing())('a page built by', { timeout: 180_000 }, () => {
  let net: readonly SourceFile[]
  let inline: readonly SourceFile[]
  let expected: number[]
  beforeAll(async () => {
    net = await networkFiles({ targets: ['wasm', 'wgsl'] })
    inline = await networkFiles({ targets: ['wasm', 'wgsl'], inline: true })
    const folder = mkdtempSync(join(toolFolder, '.pages-'))
    folders.push(folder)
    write(folder, net)
    const { load } = await import(pathToFileURL(join(folder, 'net.js')).href)
    const { classes } = await (await load()).run({ image })
    expected = [...classes]
  })

  test.each(Object.entries(bundlers))('%s', async (_, [script, page, ...flags]) => {
    const folder = mkdtempSync(join(toolFolder, '.pages-'))
    folders.push(folder)
    write(join(folder, 'net'), net)
    write(join(folder, 'inline'), inline)
    const html = (source: string) =>
      `<!doctype html><title>net page</title><script type="module" src="${source}"></script>`
    write(folder, [
      { path: 'main.js', content: main },
      { path: 'index.html', content: html('./main.js') },
      { path: 'package.json', content: '{ "type": "module", "private": true }' },
    ])
    expect(await build(script, folder, flags)).toEqual([])
    const built = filesIn(join(folder, 'dist'))
    const index = page === 'index.html' ? [] : [{ path: 'index.html', content: html(`./${basename(page)}`) }]
    const site = await openSite([...built, ...index], {
      csp: "'wasm-unsafe-eval'",
      flags: ['--enable-unsafe-webgpu'],
    })
    try {
      const results = await site.open('index.html', logged(60_000))
      const result = (engine: string) => ({ engine, classes: expected })
      expect(results).toEqual(['wasm', 'webgpu', 'wasm', 'webgpu'].map(result))
    } finally {
      await site.close()
    }
  })
})
