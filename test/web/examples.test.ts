import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build as buildWithVite } from 'vite'
import { describe, expect, test } from 'vitest'
import { isChromiumMissing } from '../chromium.ts'
import { drawAeroplane } from '../drawings.ts'
import { build, makeFolder, openPage } from './builds.ts'
import { areToolsMissing } from './tools.ts'

const root = resolve(import.meta.dirname, '../..')
const model = join(root, 'examples/nin-cifar10/nin.binary.onnx')

/** A bitmap of 32 × 32 pixels, as a file. */
function bitmap(pixels: Uint8Array): Buffer {
  const file = Buffer.alloc(54 + 3072)
  file.write('BM')
  for (const [at, value] of [
    [2, file.length],
    [10, 54],
    [14, 40],
    [18, 32],
    [22, 32],
    [34, 3072],
  ] as const)
    file.writeUInt32LE(value, at)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(24, 28)
  // Rows from below, colours backwards.
  for (let i = 0; i < 3072; i++) {
    const [row, rest] = [Math.floor(i / 96), i % 96]
    file[54 + (31 - row) * 96 + rest + 2 - 2 * (rest % 3)] = pixels[i]!
  }
  return file
}

/** An example in a folder where its packages are found. */
function copyOf(name: string): string {
  const folder = makeFolder([])
  cpSync(join(root, 'examples/web', name), folder, {
    recursive: true,
    filter: path => !/node_modules|\.next/.test(path),
  })
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/xnorc'))
  return folder
}

/** What the page says of the picture of an aeroplane. */
const classesIn = (folder: string): Promise<string | null> =>
  openPage(folder, async page => {
    await page.waitForURL('**/index.html', { waitUntil: 'networkidle' })
    await page.setInputFiles('input', { name: 'a.bmp', mimeType: 'image/bmp', buffer: bitmap(drawAeroplane()) })
    return page.locator('li').first().textContent({ timeout: 30_000 })
  })

const isMissing = areToolsMissing() || isChromiumMissing() || !existsSync(join(root, 'dist/plugin/vite.js'))

describe.skipIf(isMissing)('examples/web', { timeout: 180_000 }, () => {
  test('vite: an aeroplane is one, and the page has types', async () => {
    const folder = copyOf('vite')
    copyFileSync(model, join(folder, 'nin.onnx'))
    await buildWithVite({ root: folder, logLevel: 'error', base: './' })
    expect(await classesIn(join(folder, 'dist'))).toMatch(/^airplane: \d+ %$/)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    expect(execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })).toBe('')
  })

  test('next: the same', async () => {
    const folder = copyOf('next')
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const args: string[] = scripts.model.split(' ').slice(1)
    const cli = join(root, 'dist/cli/index.js')
    const given = args.map(arg => (arg.endsWith('.onnx') ? model : arg))
    execFileSync(process.execPath, [cli, ...given], { cwd: folder, stdio: 'pipe' })
    expect(await build('next.js', folder, '--turbopack', '--as-it-is')).toEqual([])
    expect(await classesIn(join(folder, 'out'))).toMatch(/^airplane: \d+ %$/)
  })
})
