import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { hasCompiler } from './c-runner.ts'
import { drawAeroplane, drawDigit } from './drawings.ts'

const examples = resolve(import.meta.dirname, '../examples')
const folder = mkdtempSync(join(tmpdir(), 'xnorc-measure-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(path: string, content: Uint8Array | string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), content)
}

/** Small test sets of our own in the layouts of the public ones. Of three labels one is wrong; swapped, two would be. */
const layouts: readonly [name: string, model: string, make: () => void][] = [
  [
    'mnist',
    'lenet5-mnist/lenet5.binary.onnx',
    () => {
      const digits = Buffer.concat([1, 2, 7].map(digit => drawDigit(digit)))
      write('mnist/t10k-images-idx3-ubyte', Buffer.concat([Buffer.alloc(16), digits]))
      write('mnist/t10k-labels-idx1-ubyte.gz', gzipSync(Buffer.from([...Buffer.alloc(8), 1, 0, 7])))
    },
  ],
  [
    'cifar10',
    'nin-cifar10/nin.binary.onnx',
    () => {
      const aeroplane = Buffer.from(drawAeroplane())
      const planes = Buffer.from([0, 1, 2].flatMap(plane => [...aeroplane.filter((_, i) => i % 3 === plane)]))
      const records = [0, 5, 0].flatMap(label => [Buffer.from([label]), planes])
      write('cifar10/cifar-10-batches-bin/test_batch.bin', Buffer.concat(records))
    },
  ],
  [
    'imdb',
    'textcnn-imdb/textcnn.binary.onnx',
    () => {
      for (const path of ['pos/0_9', 'pos/1_9', 'neg/0_1'])
        write(`imdb/aclImdb/test/${path}.txt`, 'A wonderful film, I loved it.')
    },
  ],
  [
    'imdb-table',
    'textcnn-imdb/textcnn.binary.onnx',
    () => {
      const rows = [
        'split\tlabel\tid\trating\ttext',
        'train\tneg\t0\t1\tA wonderful film',
        'test\tpos\t1\t9\tBoring and badly acted',
        'test\tneg\t2\t1\tBoring and badly acted',
        'test\tneg\t3\t1\tBoring and badly acted',
      ]
      write('imdb-table/imdb_50k.tsv.gz', gzipSync(`${rows.join('\n')}\n`))
    },
  ],
]

describe.skipIf(!hasCompiler('gcc'))('examples/measure.js', () => {
  test.each(layouts)('measures a network on %s', { timeout: 180_000 }, (name, model, make) => {
    make()
    const args = [join(examples, 'measure.js'), join(examples, model), join(folder, name)]
    const said = execFileSync(process.execPath, args, { encoding: 'utf8' })
    const rows = said.match(/^ +accuracy +loss *\nonnxruntime +(.*) % +(.*\S) *\ngenerated C +(.*) % +(.*\S) *\n/)!
    const [accuracy, loss, accuracyOfC, lossOfC] = rows.slice(1).map(Number)
    expect([accuracy, accuracyOfC]).toEqual([66.67, 66.67])
    // The wrong label has at most half of the probability.
    expect(loss).toBeGreaterThan(Math.log(2) / 3)
    expect(lossOfC).toBeCloseTo(loss!, 2)
    expect(said).toMatch(/\d+ bytes of ONNX, \d+ bytes of constants\n$/)
  })
})
