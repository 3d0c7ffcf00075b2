/**
 * Prints a row of the table in README.md: accuracy and loss of a model on its test set, by onnxruntime on the ONNX
 * file and by the generated C, and sizes. Usage: node examples/measure.js MODEL.onnx DATA, from a checkout.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { execaSync } from 'execa'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { compile } from 'xnorc'

/** Of either data set. */
const CLASSES = 10
const [model, folder] = process.argv.slice(2)
if (!folder) throw new Error('usage: node examples/measure.js MODEL.onnx DATA')
const bytes = new Uint8Array(readFileSync(model))
const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 })
const { summary, files } = await compile(bytes, { target: 'c', name: 'net' })
// MNIST has one channel, CIFAR-10 three.
const { samples, labels } = summary.inputs[0].shape[1] === 1 ? readMnist() : readCifar10()

const row = [
  ['', 'accuracy', 'loss'],
  ['onnxruntime', ...judge(await runOnnx())],
  ['generated C', ...judge(runC())],
]
for (const cells of row) console.log(cells.map(cell => cell.padEnd(12)).join(' '))
console.log(`${bytes.length} bytes of ONNX, ${summary.constantBytes} bytes of constants`)

/** Accuracy and mean cross-entropy of logits [N][CLASSES]. */
function judge(logits) {
  let [right, loss] = [0, 0]
  labels.forEach((label, i) => {
    const scores = logits.subarray(i * CLASSES, (i + 1) * CLASSES)
    const most = Math.max(...scores)
    if (scores.indexOf(most) === label) right++
    loss += Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0)) + most - scores[label]
  })
  return [`${((100 * right) / labels.length).toFixed(2)} %`, (loss / labels.length).toFixed(4)]
}

async function runOnnx() {
  const { shape } = summary.inputs[0]
  const size = samples.length / labels.length
  const logits = new Float32Array(labels.length * CLASSES)
  for (let i = 0; i < labels.length; i++) {
    const input = new Tensor('float32', samples.subarray(i * size, (i + 1) * size), shape)
    logits.set((await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]].data, i * CLASSES)
  }
  return logits
}

/** One program reads all samples from stdin and writes the scores of all to stdout. */
function runC() {
  const build = mkdtempSync(join(tmpdir(), 'xnorc-measure-'))
  const size = samples.length / labels.length
  const main = `#include <stdio.h>
#include "net.h"
static float in[${size}], out[${CLASSES}];
static double workspace[NET_WORKSPACE_BYTES / sizeof(double) + 1];
int main(void) {
  while (fread(in, sizeof in, 1, stdin) == 1) {
    net_run(in, out, workspace);
    fwrite(out, sizeof out, 1, stdout);
  }
  return 0;
}
`
  try {
    for (const { path, content } of [...files, { path: 'main.c', content: main }])
      writeFileSync(join(build, path), content)
    execaSync('cc', ['-O3', 'main.c', 'net.c', '-lm', '-o', 'net'], { cwd: build })
    const input = new Uint8Array(samples.buffer)
    const { stdout } = execaSync(join(build, 'net'), { input, encoding: 'buffer', maxBuffer: 1e8 })
    return new Float32Array(new Uint8Array(stdout).buffer)
  } finally {
    rmSync(build, { recursive: true })
  }
}

function readMnist() {
  const pixels = read(join(folder, 't10k-images-idx3-ubyte')).subarray(16)
  const samples = Float32Array.from(pixels, x => (x / 255 - 0.1307) / 0.3081)
  return { samples, labels: read(join(folder, 't10k-labels-idx1-ubyte')).subarray(8) }
}

function readCifar10() {
  const [mean, std] = [
    [0.4914, 0.4822, 0.4465],
    [0.247, 0.2435, 0.2616],
  ]
  const inner = join(folder, 'cifar-10-batches-bin')
  const records = read(join(existsSync(inner) ? inner : folder, 'test_batch.bin'))
  const labels = records.filter((_, i) => i % 3073 === 0)
  const pixels = records.filter((_, i) => i % 3073 !== 0)
  const channel = i => Math.floor(i / 1024) % 3
  return { samples: Float32Array.from(pixels, (x, i) => (x / 255 - mean[channel(i)]) / std[channel(i)]), labels }
}

/** A file, gzipped or not. */
function read(path) {
  return new Uint8Array(existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`)))
}
