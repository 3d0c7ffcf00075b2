/**
 * The test sets of the examples: samples as the networks want them, one after another, and the class of each. Every file
 * may also be gzipped.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createTokenizer } from './textcnn-imdb/tokenizer.js'

/** The data set of a network by the shape of its input; `vocabulary` is a file with the word of every number. */
export function readTestSet(folder, shape, vocabulary) {
  if (shape.length === 2) return readImdb(folder, vocabulary)
  return shape[1] === 1 ? readMnist(folder) : readCifar10(folder)
}

function readMnist(folder) {
  const pixels = read(join(folder, 't10k-images-idx3-ubyte')).subarray(16)
  const samples = Float32Array.from(pixels, x => (x / 255 - 0.1307) / 0.3081)
  return { samples, labels: read(join(folder, 't10k-labels-idx1-ubyte')).subarray(8) }
}

function readCifar10(folder) {
  const [mean, std] = [
    [0.4914, 0.4822, 0.4465],
    [0.247, 0.2435, 0.2616],
  ]
  const records = read(join(within(folder, 'cifar-10-batches-bin'), 'test_batch.bin'))
  const labels = records.filter((_, i) => i % 3073 === 0)
  const pixels = records.filter((_, i) => i % 3073 !== 0)
  const channel = i => Math.floor(i / 1024) % 3
  return { samples: Float32Array.from(pixels, (x, i) => (x / 255 - mean[channel(i)]) / std[channel(i)]), labels }
}

/** The first 400 words of every review; the layouts are those of textcnn-imdb/imdb.py. */
function readImdb(folder, vocabulary) {
  const reviews = exists(join(folder, 'imdb_50k.tsv')) ? readTable(folder) : readReviews(within(folder, 'aclImdb'))
  const tokenize = createTokenizer(readFileSync(vocabulary, 'utf8').trimEnd().split('\n'))
  const samples = new BigInt64Array(reviews.length * 400)
  for (const [i, { text }] of reviews.entries()) samples.set(tokenize(text), i * 400)
  return { samples, labels: Uint8Array.from(reviews, ({ positive }) => Number(positive)) }
}

/** Rows of split, label, id, rating and text. */
function readTable(folder) {
  const rows = Buffer.from(read(join(folder, 'imdb_50k.tsv')))
    .toString()
    .split('\n')
  const test = rows.map(row => row.split('\t')).filter(([split]) => split === 'test')
  return test.map(([, label, , , text]) => ({ text, positive: label === 'pos' }))
}

function readReviews(folder) {
  return ['neg', 'pos'].flatMap(label => {
    const files = readdirSync(join(folder, 'test', label))
    return files.map(file => ({
      text: readFileSync(join(folder, 'test', label, file), 'utf8'),
      positive: label === 'pos',
    }))
  })
}

/** The folder that a public archive unpacks to, or what was in it. */
const within = (folder, name) => (existsSync(join(folder, name)) ? join(folder, name) : folder)
const exists = path => existsSync(path) || existsSync(`${path}.gz`)
const read = path => new Uint8Array(existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`)))
