/**
 * Prints a row of the table in README.md: accuracy and loss of a model on its test set, by onnxruntime on the ONNX
 * file and by the generated C, and sizes. Usage: node examples/measure.js MODEL.onnx DATA, from a checkout.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { compile } from 'xnorc'
import { createCRunner } from '../dist/run/c.js'
import { readTestSet } from './data-sets.js'

const [model, folder] = process.argv.slice(2)
if (!folder) throw new Error('usage: node examples/measure.js MODEL.onnx DATA')
const bytes = new Uint8Array(readFileSync(model))
const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 })
const { summary, files } = await compile(bytes, { target: 'c', name: 'net' })
const [{ name, shape, dtype }] = summary.inputs
const classes = summary.outputs[0].shape.at(-1)
const { samples, labels } = readTestSet(folder, shape, join(dirname(model), 'vocabulary.txt'))
const size = samples.length / labels.length

const row = [
  ['', 'accuracy', 'loss'],
  ['onnxruntime', ...judge(await runOnnx())],
  ['generated C', ...judge(await runC())],
]
for (const cells of row) console.log(cells.map(cell => cell.padEnd(12)).join(' '))
console.log(`${bytes.length} bytes of ONNX, ${summary.constantBytes} bytes of constants`)

/** Accuracy and mean cross-entropy of logits [N][classes]. */
function judge(logits) {
  let [right, loss] = [0, 0]
  labels.forEach((label, i) => {
    const scores = logits.subarray(i * classes, (i + 1) * classes)
    const most = Math.max(...scores)
    if (scores.indexOf(most) === label) right++
    loss += Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0)) + most - scores[label]
  })
  return [`${((100 * right) / labels.length).toFixed(2)} %`, (loss / labels.length).toFixed(4)]
}

async function runOnnx() {
  const logits = new Float32Array(labels.length * classes)
  for (let i = 0; i < labels.length; i++) {
    const values = samples.subarray(i * size, (i + 1) * size)
    const input = new Tensor(dtype === 'i64' ? 'int64' : 'float32', values, shape)
    logits.set((await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]].data, i * classes)
  }
  return logits
}

/** One program runs all samples. */
async function runC() {
  const program = await createCRunner({ flags: ['-O3'] }).build(files, summary, { trace: false })
  try {
    const feeds = Array.from(labels, (_, i) => {
      return new Map([[name, { dtype, shape, values: samples.subarray(i * size, (i + 1) * size) }]])
    })
    const runs = await program.run(feeds)
    return Float32Array.from(runs.flatMap(({ outputs }) => [...outputs.get(summary.outputs[0].name).values]))
  } finally {
    await program.dispose()
  }
}
