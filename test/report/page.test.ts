import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { zipSync } from 'fflate'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runReport } from '../../src/cli/report.ts'
import { f32 } from '../../src/ir/tensor.ts'
import type { Report } from '../../src/report/report.ts'
import { isChromiumMissing, openSite, type Site } from '../chromium.ts'
import { FAINT } from '../faint.ts'
import { model, node } from '../onnx.ts'
import { npy, writeTiny } from './tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
const tiny = writeTiny(folder)
const example = (file: string) => resolve(import.meta.dirname, '../../examples/lenet5-mnist', file)
const HOSTILE = '"><img src=x onerror="window.intruder=true"><script>window.intruder=true</script>'
const options = {
  weights: 'xnor',
  binarize: 'auto',
  scale: 'alpha-k',
  signZero: 'plus',
  firstLayer: 'float',
  sample: [0],
} as const
let site: Site

/** Opens a page at a width; hands over what its console said, too. */
const at = <T>(
  name: string,
  width: number,
  scheme: 'light' | 'dark',
  look: (page: Page, said: string[]) => Promise<T>,
) =>
  site.open(`${name}.html`, async page => {
    const said: string[] = []
    page.on('console', message => said.push(message.text()))
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme: scheme })
    await page.waitForSelector('html.js footer')
    return look(page, said)
  })

describe.skipIf(isChromiumMissing())('the page in Chromium', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await runReport(tiny.model, { ...options, data: tiny.data, out: join(folder, 'tiny.html') })
    // Ten classes with long names: their matrices are wider than a phone.
    const digits = {
      'x.npy': npy('<f4', '10, 1, 28, 28', new Float32Array(10 * 28 * 28)),
      'y.npy': npy(
        '|u1',
        '10,',
        Uint8Array.from({ length: 10 }, (_, k) => k),
      ),
    }
    writeFileSync(join(folder, 'digits.npz'), zipSync(digits))
    await runReport(example('lenet5.binary.onnx'), {
      ...options,
      data: join(folder, 'digits.npz'),
      float: example('lenet5.float.onnx'),
      labels: example('../web/vite/labels.txt'),
      log: example('lenet5.log.jsonl'),
      out: join(folder, 'lenet.html'),
    })
    await runReport(writeHostile(), { ...options, name: HOSTILE, out: join(folder, 'hostile.html') })
    const files = ['tiny.html', 'lenet.html', 'hostile.html'].map(path => ({
      path,
      content: readFileSync(join(folder, path), 'utf8'),
    }))
    site = await openSite(files)
  }, 120_000)
  afterAll(async () => {
    vi.restoreAllMocks()
    await site?.close()
    rmSync(folder, { recursive: true })
  })

  for (const name of ['tiny', 'lenet'])
    for (const width of [1440, 390])
      test(`${name}, ${width} pixels: nothing overflows, nothing is empty, nothing is said`, () =>
        at(name, width, 'light', async (page, said) => {
          expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
          expect(await page.evaluate(EMPTY)).toEqual([])
          expect(await page.evaluate(OVERLAPS)).toEqual([])
          expect(said).toEqual([])
        }))

  for (const name of ['tiny', 'lenet'])
    for (const scheme of ['light', 'dark'] as const)
      test(`${name}, ${scheme}: every text has a contrast of 4.5 to what is behind it`, () =>
        at(name, 1440, scheme, async page => {
          expect(await page.evaluate('document.querySelectorAll("td, .tick").length')).toBeGreaterThan(10)
          expect(await page.evaluate(FAINT)).toEqual([])
        }))

  test('names with HTML in them are text', () =>
    at('hostile', 1440, 'light', async (page, said) => {
      expect(await page.locator('#network').innerText()).toContain('window.intruder')
      expect(await page.evaluate('window.intruder')).toBeUndefined()
      expect(await page.evaluate('document.scripts.length')).toBe(1)
      expect(await page.evaluate('document.querySelectorAll("[onerror]").length')).toBe(0)
      expect(said).toEqual([])
    }))

  test('on paper there are no controls, all tabs are open, and colours are light', () =>
    at('lenet', 800, 'dark', async page => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      for (const control of ['nav', '.tablist']) expect(await page.locator(control).first().isVisible()).toBe(false)
      const panels = page.locator('.panel')
      for (let k = 0; k < (await panels.count()); k++) expect(await panels.nth(k).isVisible()).toBe(true)
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
    }))

  test('says what report.json says', () =>
    at('tiny', 1440, 'light', async page => {
      const report: Report = JSON.parse(readFileSync(join(folder, 'tiny.json'), 'utf8'))
      const facts = await page.locator('.facts').first().innerText()
      for (const fact of ['4 filters of 1 × 1 × 4', '3 of them distinct', '0, 1 equal', '0, 2 opposite'])
        expect(facts).toContain(fact)
      const cells = await page.locator('.confusion tbody td').allInnerTexts()
      expect(cells.map(Number)).toEqual(report.accuracy!.generated.confusion.flat())
      expect(await page.locator('.tiles').innerText()).toContain('75.0 %')
      const points = await page.locator('#distributions .panel:not([hidden]) svg title').allTextContents()
      for (const share of ['channel 0: 75.0 % are +1', 'channel 1: 50.0 % are +1', 'channel 3: 25.0 % are +1'])
        expect(points).toContain(share)
    }))

  test('a K map is called one, once', () =>
    at('lenet', 1440, 'light', async page => {
      const { stages }: Report = JSON.parse(readFileSync(join(folder, 'lenet.json'), 'utf8'))
      expect(stages.filter(({ kMap }) => kMap).map(({ name }) => name)).toEqual(['/4/Conv'])
      expect(await page.locator('.verb', { hasText: 'K map' }).allInnerTexts()).toEqual(['K map: mean of a window'])
    }))

  test('its policy lets nothing in: no other script, no style, no request', () =>
    at('tiny', 1440, 'light', async (page, said) => {
      await page.evaluate(`{
        const script = document.createElement('script')
        script.textContent = 'window.intruder = true'
        document.body.append(script)
        document.body.append(Object.assign(new Image(), { src: 'other.png' }))
      }`)
      expect(await page.evaluate('window.intruder')).toBeUndefined()
      await expect
        .poll(() => said.filter(text => /Content Security Policy/.test(text)).length)
        .toBeGreaterThanOrEqual(2)
    }))

  test('tabs and sorting work from the keyboard', () =>
    at('lenet', 1440, 'light', async page => {
      const tabs = page.locator('#filters [role=tab]')
      await tabs.first().focus()
      await page.keyboard.press('ArrowRight')
      expect(await tabs.nth(1).getAttribute('aria-selected')).toBe('true')
      expect(await page.locator('#filters .panel:not([hidden])').count()).toBe(1)
      const macs = page.locator('#layers th button', { hasText: 'MACs' })
      await macs.focus()
      await page.keyboard.press('Enter')
      const values: string[] = await page
        .locator('#layers tbody tr td:nth-child(5)')
        .evaluateAll(cells => cells.map(cell => cell.getAttribute('data-value')!))
      expect(values.map(Number)).toEqual(values.map(Number).sort((a, b) => a - b))
    }))
})

/** Plots without a shape that has a size, and pictures without pixels, all tabs open. */
const EMPTY = `(() => {
  for (const panel of document.querySelectorAll('.panel')) panel.hidden = false
  const isDrawn = shape => { const { width, height } = shape.getBBox(); return width > 0 && height + width > 1 }
  const plots = [...document.querySelectorAll('svg.plot')].filter(
    plot => ![...plot.querySelectorAll('path, rect:not(.hit), circle')].some(isDrawn))
  const images = [...document.images].filter(image => image.naturalWidth === 0)
  return [...plots, ...images].map(each => each.outerHTML.slice(0, 200))
})()`

/** Labels of a plot that lie over each other. */
const OVERLAPS = `(() => {
  const found = []
  for (const plot of document.querySelectorAll('svg.plot')) {
    const boxes = [...plot.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()])
    for (const [i, [a, p]] of boxes.entries())
      for (const [b, q] of boxes.slice(i + 1))
        if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3)
          found.push(plot.getAttribute('aria-label') + ': ' + a + ' and ' + b)
  }
  return found
})()`

/** A network whose inputs, nodes and outputs have names that are HTML. */
function writeHostile(): string {
  const path = join(folder, 'hostile.onnx')
  const [x, sign, y] = ['x', 'sign', 'y'].map(name => name + HOSTILE) as [string, string, string]
  const bytes = model({
    inputs: { [x]: 'float[1,4]' },
    outputs: { [y]: 'float[1,4]' },
    initializers: { w: f32([4, 4], [1, 1, 1, 1, 1, -1, 1, -1, -1, -1, 1, 1, 1, 1, -1, 1]) },
    nodes: [node('Sign', [x], sign), node('Gemm', [sign, 'w'], y, { transB: 1 })],
  })
  writeFileSync(path, bytes)
  return path
}
