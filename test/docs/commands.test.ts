import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasCompiler } from '../c-runner.ts'
import { xnorcIn } from '../cli/command.ts'
import { npy } from '../cli/npy-bytes.ts'
import { imageNetwork, wordNetwork } from './networks.ts'
import { type Command, commands, pages } from './pages.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const write = (path: string, content: string | Uint8Array) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}

/** What the pages name, in small: networks of the inputs that LeNet-5, NIN and the text network have, two samples of each. */
beforeAll(() => {
  const digits = imageNetwork([1, 28, 28])
  const pictures = imageNetwork([3, 32, 32])
  const words = wordNetwork(400)
  for (const path of ['model.onnx', 'twin.onnx', 'lenet5.onnx', 'digits.onnx', 'NET.onnx']) write(path, digits)
  write('examples/lenet5-mnist/lenet5.binary.onnx', digits)
  write('nin.onnx', pictures)
  write('examples/nin-cifar10/nin.binary.onnx', pictures)
  write('text.onnx', words)
  write('examples/textcnn-imdb/textcnn.binary.onnx', words)
  mkdirSync(join(folder, 'examples/at-scale'))
  const images = npy('<f4', '2, 1, 28, 28', new Float32Array(2 * 784))
  const numbers = npy('<i8', '2, 400', new BigInt64Array(800))
  write(
    'test.npz',
    zipSync({ 'image.npy': images, 'tokens.npy': numbers, 'y.npy': npy('|u1', '2,', Uint8Array.of(0, 1)) }),
  )
  write('names.txt', Array.from({ length: 10 }, (_, k) => `name ${k}\n`).join(''))
  write('words.txt', Array.from({ length: 16 }, (_, k) => `word${k}\n`).join(''))
  write(
    'mnist/t10k-images-idx3-ubyte',
    Buffer.concat([Buffer.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28), Buffer.alloc(1568)]),
  )
  write('mnist/t10k-labels-idx1-ubyte', Buffer.of(0, 0, 8, 1, 0, 0, 0, 2, 3, 4))
  write('cifar-10-batches-bin/test_batch.bin', Buffer.alloc(3073 * 2))
})

/** Where a page's commands are run: an example's in its folder, others in the root. */
const placeOf = ({ page, args }: Command): string =>
  join(folder, page.startsWith('examples/') && !args[1]?.startsWith('examples/') ? dirname(page) : '.')

/** What takes minutes, or what only some machines have: understood, and refused because the model is missing. */
function isTooMuch({ args }: Command): boolean {
  const [command] = args
  if (command === 'bench' && ['wgsl', '--emulate'].some(word => args.includes(word))) return true
  const compiler = command === 'size' ? args[args.indexOf('--cc') + 1]!.split(' ')[0]! : 'gcc'
  const builds = ['verify', 'eval', 'bench', 'size', 'report'].includes(command!)
  return builds && (!hasCompiler('gcc') || spawnSync(compiler, ['--version']).status !== 0)
}

/** Does not measure for long. */
function shortly(args: readonly string[]): readonly string[] {
  if (args[0] === 'bench' && !args.includes('--milliseconds')) return [...args, '--milliseconds', '5']
  return args[0] === 'report' ? [...args, '--no-time'] : args
}

const all = pages.flatMap(commands)

test('there are commands of every kind', () => {
  const kinds = ['compile', 'inspect', 'verify', 'eval', 'bench', 'report', 'size', 'doctor']
  expect([...new Set(all.map(({ args }) => args[0]))].sort()).toEqual(kinds.sort())
})

const statuses = new Map<string, number>()
afterAll(() => {
  for (const [line, status] of statuses) console.log(`${status}  ${line}`)
})

test.each(all.filter(command => !isTooMuch(command)))('$page: $line', command => {
  const { status, stderr } = xnorcIn(placeOf(command), ...shortly(command.args))
  statuses.set(command.line, status ?? -1)
  expect([status, status === 0 ? '' : stderr]).toEqual([0, ''])
})

test.each(all.filter(isTooMuch))('$page: $line (without a model)', ({ args: [name, , ...options] }) => {
  const { status, stderr } = xnorcIn(folder, name!, 'missing.onnx', ...options)
  expect([status, stderr]).toEqual([1, expect.stringContaining("cannot read 'missing.onnx'")])
})
