import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runReport } from '../../src/cli/report.ts'
import { f32 } from '../../src/ir/tensor.ts'
import type { Report } from '../../src/report/report.ts'
import { hasCompiler } from '../c-runner.ts'
import { model, node } from '../onnx.ts'
import { expected, writeTiny } from './tiny.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const tiny = writeTiny(folder)
const out = join(folder, 'report.html')
const options = {
  weights: 'xnor',
  binarize: 'auto',
  scale: 'alpha-k',
  signZero: 'plus',
  firstLayer: 'float',
  sample: [0],
  out,
} as const

async function report(more: object = {}): Promise<{ figures: Report; page: string }> {
  await runReport(tiny.model, { ...options, ...more })
  return { figures: JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')), page: readFileSync(out, 'utf8') }
}

function isAsByHand({ filters, signs, accuracy }: Report): void {
  expect(filters).toHaveLength(1)
  expect(filters[0]).toMatchObject({
    filters: 4,
    channels: 4,
    equal: expected.equal,
    opposite: expected.opposite,
    distinct: expected.distinct,
    plusShare: [1, 1, 0, 0.5],
  })
  expect(signs).toHaveLength(1)
  expect(signs[0]).toMatchObject({ plusShare: expected.plusShare, never: [], always: [] })
  expect(accuracy).toMatchObject({ samples: 4, classes: 4 })
  expect(accuracy!.generated.accuracy).toBe(expected.accuracy)
  expect(accuracy!.generated.confusion).toEqual(expected.confusion)
  expect(accuracy!.generated.loss).toBeCloseTo(expected.loss, 12)
}

describe('figures of a network computed by hand', () => {
  test.skipIf(!hasCompiler('gcc'))('by the generated C', async () => {
    const { figures } = await report({ data: tiny.data })
    expect(figures.samples).toMatchObject({ seeded: false, count: 4, probed: 4, computedBy: 'generated C' })
    isAsByHand(figures)
  })

  test('by the interpreter, where there is no C compiler', async () => {
    vi.stubEnv('CC', 'no-such-compiler')
    const { figures, page } = await report({ data: tiny.data })
    // It looks at fewer samples: the first three.
    expect(figures.samples).toMatchObject({ probed: 3, computedBy: 'interpreter' })
    expect(figures.signs[0]!.plusShare).toEqual([2 / 3, 1 / 3, 2 / 3, 1 / 3])
    expect(page).toContain('Computed by the interpreter: there is no C compiler')
    isAsByHand({ ...figures, signs: [{ ...figures.signs[0]!, plusShare: expected.plusShare }] })
  })
})

test('a twin that is the network itself differs nowhere', async () => {
  vi.stubEnv('CC', 'no-such-compiler')
  const { figures } = await report({ data: tiny.data, float: tiny.model })
  expect(figures.accuracy!.twin).toMatchObject({ accuracy: 3 / 4, confusion: expected.confusion })
  expect(figures.accuracy).toMatchObject({ onlyGenerated: 0, onlyTwin: 0, shown: [] })
})

test('without data the values are seeded, and the page says so; what has no figures is left out', async () => {
  vi.stubEnv('CC', 'no-such-compiler')
  const { figures, page } = await report()
  expect(figures.samples.seeded).toBe(true)
  expect(figures).not.toHaveProperty('accuracy')
  expect(page).toContain('There is no data set')
  expect(page).not.toContain('id="accuracy"')
})

test('trained biases are those of the model, by hand; every layer says how it is computed', async () => {
  vi.stubEnv('CC', 'no-such-compiler')
  const path = join(folder, 'biased.onnx')
  const bytes = model({
    inputs: { x: 'float[1,4]' },
    outputs: { y: 'float[1,4]' },
    initializers: { w: f32([4, 4], Array(16).fill(1)), b: f32([4], [-1, 0.5, 0.5, 2]) },
    nodes: [node('Sign', ['x'], 'sign'), node('Gemm', ['sign', 'w', 'b'], 'y', { transB: 1 })],
  })
  writeFileSync(path, bytes)
  await runReport(path, options)
  const figures: Report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  expect(figures.biases).toMatchObject([{ layer: 0, histogram: { total: 4, minimum: -1, maximum: 2, mean: 0.5 } }])
  expect(figures.layers[0]!.strategy).toMatchObject({
    kernel: 'conv2d',
    functions: [
      {
        name: 'count_mismatches_1x4',
        variants: expect.arrayContaining([{ isa: 'portable', name: 'count_mismatches_1x4' }]),
      },
    ],
  })
})

test('classes have names where they are given, one for each', async () => {
  vi.stubEnv('CC', 'no-such-compiler')
  const labels = join(folder, 'labels.txt')
  writeFileSync(labels, 'ant\nbee\ncat\n<b>dog\n')
  const { figures, page } = await report({ data: tiny.data, labels })
  expect(figures.labels).toEqual(['ant', 'bee', 'cat', '<b>dog'])
  expect(page).toContain('outputs: ant, right')
  expect(page).toContain('title="1 of class bee taken for ant"')
  expect(page).toContain('&lt;b&gt;dog')
  writeFileSync(labels, 'ant\nbee\ncat\n')
  await expect(report({ data: tiny.data, labels })).rejects.toThrow("--labels: 3 names, but 'y' has [1, 4]")
})

test('names of the model are text on the page', async () => {
  vi.stubEnv('CC', 'no-such-compiler')
  const { page } = await report({ name: '<script>alert(1)</script>' })
  expect(page).not.toContain('<script>alert')
})

describe('training curves', () => {
  const log = join(folder, 'log.jsonl')

  test('of a log', async () => {
    vi.stubEnv('CC', 'no-such-compiler')
    writeFileSync(
      log,
      '{"epoch":1,"loss":0.5,"accuracy":0.8,"epochs":3}\n{"epoch":2,"loss":0.25,"accuracy":0.9,"epochs":3}\n',
    )
    const { figures, page } = await report({ log })
    expect(figures.training).toHaveLength(2)
    expect(page).toContain('2 of the 3 epochs that the recipe takes')
  })

  test('of something else', async () => {
    writeFileSync(log, '{"epoch":1,"loss":0.5,"accuracy":0.8}\nnull\n')
    await expect(report({ log })).rejects.toThrow(/line 2: expected JSON with numbers epoch, loss and accuracy/)
  })
})

test('what is wrong with the arguments is said, and nothing is written', async () => {
  const other = join(folder, 'other.html')
  await expect(report({ out: join(folder, 'other.pdf') })).rejects.toThrow('the page is a file NAME.html')
  await expect(report({ out: other, float: tiny.model })).rejects.toThrow('it needs --data')
  await expect(report({ out: other, data: 'missing.npz' })).rejects.toThrow("cannot read 'missing.npz': no such file")
  expect(existsSync(other)).toBe(false)
})
