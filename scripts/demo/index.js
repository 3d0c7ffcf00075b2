/**
 * `npm run demo`: compiles LeNet-5 and Network-in-Network from ONNX to C, builds and runs them on pictures drawn by
 * code, and compares with the interpreter. Without a C compiler it only interprets.
 */
import { readFile } from 'node:fs/promises'
import { compile, interpret, readModel } from 'xnorc'
import { createCRunner } from '../../dist/run/c.js'
import { buildsC, findCompiler } from '../../dist/run/compiler.js'
import { drawAeroplane, drawSeven, showPicture } from './pictures.js'

const examples = new URL('../../examples/', import.meta.url)
const networks = [
  {
    title: 'LeNet-5 (MNIST digits, XNOR with a K map)',
    path: 'lenet5-mnist/lenet5.binary.onnx',
    shape: [1, 1, 28, 28],
    pixels: drawSeven(),
    width: 28,
    normalise: x => (x / 255 - 0.1307) / 0.3081,
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  },
  {
    title: 'Network-in-Network (CIFAR-10 pictures, XNOR)',
    path: 'nin-cifar10/nin.binary.onnx',
    shape: [1, 3, 32, 32],
    pixels: drawAeroplane(),
    width: 32,
    normalise: (x, i) => {
      const channel = Math.floor(i / 1024)
      return (x / 255 - [0.4914, 0.4822, 0.4465][channel]) / [0.247, 0.2435, 0.2616][channel]
    },
    classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  },
]

const missing = await buildsC().then(
  () => undefined,
  error => error.message,
)
if (missing) {
  if (process.env.CI === 'true') {
    console.error(missing)
    process.exit(1)
  }
  console.log(`${missing}. The networks are interpreted instead.\n`)
}
for (const network of networks) await show(network)

async function show({ title, path, shape, pixels, width, normalise, classes }) {
  const bytes = new Uint8Array(await readFile(new URL(path, examples)))
  const input = pixels.map(normalise)
  const start = performance.now()
  const compiled = await compile(bytes, { target: 'c', name: path.replace(/.*\/|\..*/g, '') })
  const milliseconds = performance.now() - start
  const { graph } = await readModel(bytes)
  const feeds = new Map([['input', { dtype: 'f32', shape, values: input }]])
  const values = interpret(graph, feeds)
  const expected = Array.from(values.get('logits').values)
  const { summary } = compiled
  const binary = summary.layers.filter(({ kind }) => kind === 'binary')
  const share = sum(binary.map(({ macs }) => macs)) / sum(summary.layers.map(({ macs }) => macs))

  console.log(`${title}\n`)
  console.log(`${indent(showPicture(pixels.slice(0, width * width), width))}\n`)
  row('compiled', `${path} in ${milliseconds.toFixed(0)} ms: ${summary.files.join(', ')}`)
  row('on bits', `${binary.length} of ${summary.layers.length} layers, ${(100 * share).toFixed(1)} % of the arithmetic`)
  row('size', `${kilobytes(bytes.length)} of ONNX → ${kilobytes(summary.constantBytes)} of constants`)
  row('memory', `${kilobytes(summary.workspaceBytes)} of workspace, no heap`)
  if (!missing) {
    const { logits, microseconds } = await runMany(compiled, feeds)
    const distance = Math.max(...logits.map((value, i) => Math.abs(value - expected[i])))
    row('prediction', `${classes[best(logits)]} (the interpreter says ${classes[best(expected)]})`)
    row('agreement', `largest difference of a score: ${distance.toExponential(1)}`)
    row('time', `${microseconds.toFixed(0)} µs per inference on one core (${findCompiler()} -O3)`)
  } else row('prediction', `${classes[best(expected)]} (interpreted)`)
  console.log()
}

/** Builds generated code as a user would, and runs it often enough to say how long it takes. */
async function runMany({ files, summary }, feeds) {
  const program = await createCRunner({ flags: ['-O3'] }).build(files, summary, { trace: false })
  try {
    const runs = await program.run(new Array(1000).fill(feeds))
    const times = runs.map(({ microseconds }) => microseconds).sort((a, b) => a - b)
    return { logits: [...runs[0].outputs.get('logits').values], microseconds: times[runs.length / 2] }
  } finally {
    await program.dispose()
  }
}

function row(name, text) {
  console.log(`  ${name.padEnd(11)} ${text}`)
}

function best(scores) {
  return scores.indexOf(Math.max(...scores))
}

function sum(numbers) {
  return numbers.reduce((total, value) => total + value, 0)
}

function kilobytes(bytes) {
  return `${(bytes / 1024).toFixed(0)} KB`
}

function indent(text) {
  return text.replace(/^/gm, '    ')
}
