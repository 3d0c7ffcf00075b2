/**
 * `npm run bench`: times the three examples as C and as WASM, in turns with onnxruntime, and prints tables. More options
 * of `xnorc bench` can follow: `npm run bench -- --target c --milliseconds 1000`, or `npm run bench -- --emulate`.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const pathOf = path => fileURLToPath(new URL(`../${path}`, import.meta.url))
const networks = [
  ['Network-in-Network (CIFAR-10)', 'examples/nin-cifar10/nin.binary.onnx'],
  ['LeNet-5 (MNIST)', 'examples/lenet5-mnist/lenet5.binary.onnx'],
  ['Text CNN (IMDB)', 'examples/textcnn-imdb/textcnn.binary.onnx'],
]
const options = process.argv.slice(2)
const targets = options.some(option => /^--(target|emulate)/.test(option))
  ? [[]]
  : [
      ['--target', 'c'],
      ['--target', 'wasm'],
    ]

for (const [title, path] of networks)
  for (const target of targets) {
    console.log(`${title}: ${[path, ...target, ...options].join(' ')}\n`)
    const args = [pathOf('dist/cli/index.js'), 'bench', pathOf(path), ...target, ...options]
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
    // What is missing for one target need not stop the others.
    if (status !== 0) process.exitCode = 1
    console.log('')
  }
