import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inFolder } from '../cli/command.ts'
import { convolutionNetwork, deepNetwork, denseNetwork } from './models.ts'

/** What Linux says of a process itself: `resourceUsage` has the memory of the one that started it too. */
const REPORT = `import { readFileSync } from 'node:fs'
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const [, kilobytes] = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
  console.error(JSON.stringify([(user + system) / 1e6, kilobytes / 1024]))
})`

/** Seconds of the processor and the most memory in MB that one compilation takes. */
function measure(path: string, folder: string, constants: string): [number, number] {
  const bin = join(import.meta.dirname, '../../dist/cli/index.js')
  const options = ['--target', 'c', '--constants', constants, '--out', folder, '--json']
  const args = ['--import', `data:text/javascript,${encodeURIComponent(REPORT)}`, bin, 'compile', path, ...options]
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return JSON.parse(stderr.trim().split('\n').at(-1)!)
}

const networks: [string, () => Uint8Array][] = [
  ...[1, 4, 16, 64].map((size): [string, () => Uint8Array] => [`dense layers, ${size} MB`, () => denseNetwork(size)]),
  ...[1, 4, 16, 64].map((size): [string, () => Uint8Array] => [
    `float dense layers, ${size} MB`,
    () => denseNetwork(size, true),
  ]),
  ...[1, 4, 16, 64].map((size): [string, () => Uint8Array] => [
    `convolutions, ${size} MB`,
    () => convolutionNetwork(size),
  ]),
  ...[50, 100, 200, 400].map((count): [string, () => Uint8Array] => [`${count} layers`, () => deepNetwork(count)]),
]

// The table of docs/performance.md; a measurement, so that only who asks for it gets it.
it.runIf(process.env.XNORC_TABLE)('time and memory of the compiler', { timeout: 1_200_000 }, () => {
  console.log('| model | file: s | MB | inline: s | MB |\n|---|---|---|---|---|')
  for (const [title, make] of networks)
    inFolder(folder => {
      const path = join(folder, 'net.onnx')
      writeFileSync(path, make())
      const cells = ['file', 'inline'].flatMap(constants => {
        const [seconds, megabytes] = measure(path, folder, constants)
        expect(seconds).toBeGreaterThan(0)
        return [seconds.toFixed(1), megabytes.toFixed(0)]
      })
      console.log(`| ${[title, ...cells].join(' | ')} |`)
    })
})
