import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { compile } from '../../src/index.ts'
import { isMissing, sharedPath } from '../shared.ts'
import { hasPyTorch, PYTHON } from './python.ts'

const examples = resolve(import.meta.dirname, '../../examples')
const folder = mkdtempSync(join(tmpdir(), 'xnorc-training-'))
afterAll(() => rmSync(folder, { recursive: true }))

const train = (example: string, data: string, ...options: string[]) =>
  execFileSync(
    PYTHON,
    [join(examples, example, 'train.py'), '--data', sharedPath(data), '--out', folder, '--threads', '1', ...options],
    { encoding: 'utf8' },
  )

async function compileFile(path: string) {
  const { files, summary } = await compile(new Uint8Array(readFileSync(path)), { target: 'c', name: 'model' })
  const words = files.flatMap(({ content }) => String(content).match(/\b0x[0-9a-f]+u\b/g) ?? [])
  return { words, binary: summary.layers.filter(layer => layer.kind === 'binary').length }
}

test.skipIf(!hasPyTorch())('layers: the slope of sign, filters that start anew, widths of native layers', () => {
  execFileSync(PYTHON, [resolve(import.meta.dirname, 'layers.py')])
})

test.skipIf(!hasPyTorch())(
  'the mean of the last epochs is kept, also after --resume, with batch norms of its own',
  () => {
    execFileSync(PYTHON, [resolve(import.meta.dirname, 'trainer.py')])
  },
)

describe.skipIf(isMissing('data/cifar10') || !hasPyTorch())('training scripts', () => {
  test('nin: goes on from an exported file, with the same bits', { timeout: 240_000 }, async () => {
    const shipped = join(examples, 'nin-cifar10/nin')
    train('nin-cifar10', 'data/cifar10', '--init', `${shipped}.latent.onnx`, '--epochs', '0', '--limit', '8')
    const { words } = await compileFile(join(folder, 'nin.binary.onnx'))
    expect(words.length).toBeGreaterThan(10_000)
    expect(words).toEqual((await compileFile(`${shipped}.binary.onnx`)).words)
  })

  test('lenet5: trains, resumes, exports files of the same bits', { timeout: 240_000 }, async () => {
    const options = ['--limit', '128', '--epochs']
    expect(train('lenet5-mnist', 'data/mnist', ...options, '1')).toMatch(/^epoch 1: training loss \d/m)
    const curves = join(folder, 'curves.jsonl')
    const log = train('lenet5-mnist', 'data/mnist', ...options, '4', '--resume', '--test-every', '3', '--log', curves)
    const epochs = readFileSync(curves, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    // Of the first run, too; the second was not tested.
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 3, 4])
    expect(epochs.every(({ loss, accuracy }) => loss > 0 && accuracy >= 0 && accuracy <= 1)).toBe(true)
    expect(log).toMatch(/goes on after epoch 1\nepoch 2: training loss [\d.]+ \(/)
    for (const epoch of [3, 4]) expect(log).toMatch(RegExp(`^epoch ${epoch}: training loss .* accuracy \\d`, 'm'))
    const [latent, binary] = await Promise.all(
      ['latent', 'binary'].map(kind => compileFile(join(folder, `lenet5.${kind}.onnx`))),
    )
    expect(latent).toEqual(binary)
    expect(binary!.binary).toBe(2)
  })
})
