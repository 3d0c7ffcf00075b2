import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceFile } from '../../src/backends/backend.ts'
import { wasm } from '../../src/backends/wasm/index.ts'
import { compile } from '../../src/compile.ts'
import { f32, numbersOf } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { prepare } from '../../src/prepare.ts'
import { createWasmRunner } from '../../src/run/wasm.ts'
import { isChromiumMissing, openSite, type Site } from '../chromium.ts'
import { FAINT } from '../faint.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'out/playground')
const lenet = readFileSync(join(root, 'examples/lenet5-mnist/lenet5.binary.onnx'))
let site: Site
let files: readonly SourceFile[]

beforeAll(async () => {
  const { POLICY } = (await import('../../playground/vite.config.js')) as { POLICY: string }
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const env = { ...process.env, NODE_ENV: 'production' }
  execFileSync(process.execPath, [vite, 'build', 'playground', '--logLevel', 'error'], { cwd: root, env })
  files = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap(file => {
    const path = join(file.parentPath, file.name)
    return file.isFile() ? [{ path: path.slice(folder.length + 1), content: readFileSync(path) }] : []
  })
  if (!isChromiumMissing()) site = await openSite(files, { policy: POLICY })
}, 240_000)
afterAll(() => site?.close())

/** What is kept for when there is no network: all that compiling needs. */
function keptFiles(): string[] {
  const script = files.find(({ path }) => path === 'service-worker.js')!.content.toString()
  return JSON.parse(script.split('\n')[0]!.replace('const FILES = ', '')) as string[]
}

test('all that the page needs to compile is at most 500 KB, compressed', () => {
  const needed = keptFiles().filter(path => !path.startsWith('models/'))
  const contentOf = (path: string) => files.find(file => file.path === (path === './' ? 'index.html' : path))!.content
  const sizes = needed.map(path => gzipSync(contentOf(path)).length)
  expect(needed.length).toBeGreaterThan(8)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(500_000)
})

interface Looks {
  readonly width?: number
  readonly scheme?: 'light' | 'dark'
}

/** Opens an example; hands over what the console said and what was fetched. Nothing may be said. */
const at = (
  example: string,
  { width = 1440, scheme = 'light' }: Looks,
  look: (page: Page, fetched: readonly string[]) => Promise<void>,
) =>
  site.open(`#${example}`, async page => {
    const said: string[] = []
    const fetched: string[] = []
    page.on('console', message => said.push(message.text()))
    page.on('request', request => fetched.push(request.url()))
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme: scheme })
    await page.waitForSelector('#files-panel pre', { timeout: 180_000 })
    await page.waitForSelector('#maps canvas', { timeout: 180_000 })
    await look(page, fetched)
    expect(said).toEqual([])
    await page.close()
  })

const verdict = (page: Page, expected: string) =>
  expect.poll(() => page.locator('#outputs .verdict').innerText(), { timeout: 20_000 }).toBe(expected)

async function checkLooks(page: Page): Promise<void> {
  await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true')
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
  expect(await page.evaluate(FAINT)).toEqual([])
  const empty = '[...document.querySelectorAll("#maps canvas")].filter(each => each.width * each.height < 2).length'
  expect(await page.evaluate(empty)).toBe(0)
}

describe.skipIf(isChromiumMissing())('the page in Chromium', { timeout: 240_000 }, () => {
  test('outputs are those of the generated code, bit for bit, and files those of the compiler', () =>
    at('digits', {}, async page => {
      await page.getByRole('button', { name: 'Sample 7' }).click()
      await verdict(page, '7')
      const shown = await page
        .locator('#outputs [data-value]')
        .evaluateAll(cells => cells.map(cell => cell.getAttribute('data-value')))
      const pixels = (await page.evaluate(`(() => {
        const canvas = document.querySelector('.seen')
        return [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, k) => k % 4 === 0)
      })()`)) as number[]
      expect(shown.map(Number)).toEqual(await outputsFor(pixels.map(value => (value / 255 - 0.1307) / 0.3081)))
      const waiting = page.waitForEvent('download')
      await page.locator('#files-panel').getByRole('button', { name: 'Download' }).click()
      const download = await waiting
      expect(download.suggestedFilename()).toBe('lenet5.c')
      const { files: expected } = await compile(lenet, { target: 'c', name: 'lenet5' })
      await checkLooks(page)
      expect(readFileSync(await download.path(), 'utf8')).toBe(
        expected.find(({ path }) => path === 'lenet5.c')!.content,
      )
    }))

  test('on a phone, in the dark, a digit can be drawn with the keyboard', () =>
    at('digits', { width: 390, scheme: 'dark' }, async page => {
      await checkLooks(page)
      await page.locator('canvas.field').focus()
      await page.keyboard.press('Delete')
      for (let k = 0; k < 9; k++) await page.keyboard.press('ArrowUp')
      await page.keyboard.press('Space')
      for (let k = 0; k < 18; k++) await page.keyboard.press('ArrowDown')
      await verdict(page, '1')
    }))

  test('a picture and a review are understood', async () => {
    await at('pictures', {}, async page => {
      await verdict(page, 'ship')
      await page.getByRole('button', { name: 'Aeroplane' }).click()
      await verdict(page, 'airplane')
    })
    await at('reviews', { width: 390 }, async page => {
      await verdict(page, 'positive')
      await page.locator('textarea').fill('Boring, badly acted and far too long. The worst film of the year.')
      await verdict(page, 'negative')
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    })
  })

  test('a race, a file that is no model, and options', () =>
    at('digits', {}, async (page, fetched) => {
      const theirs = () => fetched.filter(url => /\/ort[.-]/.test(url)).length
      expect(theirs()).toBe(0)
      await page.getByRole('button', { name: 'Start the race' }).click()
      await page.waitForSelector('table.race', { timeout: 180_000 })
      const difference = /difference of an output: (\S+),/.exec(await page.locator('#race-result').innerText())![1]
      expect(Number(difference)).toBeLessThan(1e-4)
      expect(theirs()).toBeGreaterThan(0)
      const give = (name: string, buffer: Buffer) => page.locator('#file').setInputFiles({ name, mimeType: '', buffer })
      await give('notes.onnx', Buffer.from('milk, bread'))
      await expect.poll(() => page.locator('#problem').innerText()).toContain('it is text')
      await give('plain.onnx', readFileSync(join(root, 'examples/lenet5-mnist/lenet5.float.onnx')))
      await expect.poll(() => page.locator('#tiles b').first().innerText(), { timeout: 20_000 }).toBe('0 of 4')
      await page.locator('#options summary').click()
      await page.locator('[name=binarize]').selectOption('all')
      await expect.poll(() => page.locator('#tiles b').first().innerText(), { timeout: 20_000 }).not.toBe('0 of 4')
      expect(await page.locator('#commands').innerText()).toContain('plain.onnx --target c --name plain --binarize all')
    }))

  test('it works without a network', () =>
    at('digits', {}, async page => {
      await page.evaluate('navigator.serviceWorker.ready.then(() => {})')
      await page.context().setOffline(true)
      await page.reload()
      await page.waitForSelector('#files-panel pre', { timeout: 180_000 })
      await verdict(page, '5')
    }))
})

/** What the generated module makes of a picture in this process, through its loader. */
async function outputsFor(picture: readonly number[]): Promise<number[]> {
  const { graph } = await prepare(lenet, { name: 'lenet5' })
  const plan = lower(graph, wasm.lowering)
  const program = await createWasmRunner().build(await wasm.print(plan, { version: 'test' }), plan, { trace: false })
  try {
    const [run] = await program.run([new Map([['input', f32([1, 1, 28, 28], picture)]])])
    return numbersOf(run!.outputs.get('logits')!)
  } finally {
    await program.dispose()
  }
}
