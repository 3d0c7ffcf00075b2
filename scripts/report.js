/**
 * Makes the reports of the three examples in reports/. Usage: npm run report [DATA], DATA being a folder with mnist, cifar10 and
 * imdb, each as examples/data-sets.js reads them; without it the values are seeded. 1,000 samples of each test set are taken.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { readTestSet } from '../examples/data-sets.js'

const SAMPLES = 1000
const root = fileURLToPath(new URL('..', import.meta.url))
const vocabulary = join(root, 'examples/textcnn-imdb/vocabulary.txt')
const networks = [
  { model: 'lenet5-mnist/lenet5', data: 'mnist', shape: [1, 1, 28, 28], more: [] },
  {
    model: 'nin-cifar10/nin',
    data: 'cifar10',
    shape: [1, 3, 32, 32],
    more: ['--labels', join(root, 'examples/web/vite/labels.txt')],
  },
  {
    model: 'textcnn-imdb/textcnn',
    data: 'imdb',
    shape: [1, 400],
    more: ['--words', vocabulary, '--labels', join(root, 'examples/textcnn-imdb/labels.txt')],
  },
]

const [, , folder] = process.argv
const scratch = mkdtempSync(join(tmpdir(), 'xnorc-report-'))
mkdirSync(join(root, 'reports'), { recursive: true })
try {
  for (const { model, data, shape, more } of networks) {
    const path = join(root, 'examples', model)
    const found = folder && existsSync(join(folder, data))
    if (folder && !found) console.error(`${join(folder, data)} is missing: seeded values instead`)
    const measured = found ? ['--data', writeSamples(data, shape), '--float', `${path}.float.onnx`] : []
    const log = existsSync(`${path}.log.jsonl`) ? ['--log', `${path}.log.jsonl`] : []
    const out = join(root, 'reports', `${data}.html`)
    const args = ['report', `${path}.binary.onnx`, ...measured, ...log, ...more, '-o', out]
    execFileSync('node', [join(root, 'dist/cli/index.js'), ...args], { stdio: 'inherit' })
  }
} finally {
  rmSync(scratch, { recursive: true })
}

/** Samples from all parts of a test set, as a .npz file. */
function writeSamples(data, shape) {
  const { samples, labels } = readTestSet(join(folder, data), shape, vocabulary)
  const size = samples.length / labels.length
  const count = Math.min(SAMPLES, labels.length)
  const picked = Array.from({ length: count }, (_, k) => Math.floor((k * labels.length) / count))
  const x = new samples.constructor(count * size)
  picked.forEach((from, k) => {
    x.set(samples.subarray(from * size, (from + 1) * size), k * size)
  })
  const y = Uint8Array.from(picked, from => labels[from])
  const path = join(scratch, `${data}.npz`)
  writeFileSync(
    path,
    zipSync({
      'x.npy': npy(x instanceof BigInt64Array ? '<i8' : '<f4', [count, ...shape.slice(1)], x),
      'y.npy': npy('|u1', [count], y),
    }),
  )
  return path
}

function npy(descr, shape, { buffer, byteOffset, byteLength }) {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117)
  const head = Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, 'latin1')
  return new Uint8Array(Buffer.concat([head, new Uint8Array(buffer, byteOffset, byteLength)]))
}
