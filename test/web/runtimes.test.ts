import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceFile } from '../../src/backends/backend.ts'
import { IMAGE, networkFiles } from './network.ts'
import { areToolsMissing, runtimes } from './tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-runtimes-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The loader finds its module by itself. */
const program = `import { argmax, load } from './net.js'
const net = await load({ warm: true })
const { classes } = net.run({ image: ${IMAGE} })
console.log(JSON.stringify({ classes: [...classes], best: argmax(classes) }))
`

function write(place: string, files: readonly SourceFile[]): string {
  const made = mkdtempSync(join(folder, place))
  for (const { path, content } of files) writeFileSync(join(made, path), content)
  return made
}

const execute = (place: string, command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: place, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })

/** Node before 20.16 has no way to ask for a built-in module. */
const WITHOUT_BUILTINS = 'process.getBuiltinModule = undefined\n'

describe('the loader runs in', { timeout: 180_000 }, () => {
  let plain: readonly SourceFile[]
  let inline: readonly SourceFile[]
  let expected: string
  beforeAll(async () => {
    const more = [{ path: 'package.json', content: '{ "type": "module" }' }]
    plain = [...(await networkFiles({})), ...more, { path: 'main.js', content: program }]
    inline = [...(await networkFiles({ inline: true })), ...more, { path: 'main.js', content: program }]
    expected = execute(write('node', plain), process.execPath, 'main.js')
    expect(JSON.parse(expected).classes).toHaveLength(4)
  })

  const runs = (command: string, ...args: readonly string[]) => {
    expect(execute(write('plain', plain), command, ...args)).toBe(expected)
    expect(execute(write('inline', inline), command, ...args)).toBe(expected)
  }

  test('Node 20 without process.getBuiltinModule', () => {
    writeFileSync(join(folder, 'without.cjs'), WITHOUT_BUILTINS)
    runs(process.execPath, '--require', join(folder, 'without.cjs'), 'main.js')
  })

  describe.skipIf(areToolsMissing())('another', () => {
    test('Node 22', () => runs(runtimes.node22, 'main.js'))
    test('Deno', () => runs(runtimes.deno, 'run', '--allow-read', 'main.js'))
    test('Bun', () => runs(runtimes.bun, 'main.js'))

    test('workerd, with the module that it compiles', () => {
      const worker = `import { load } from './net.js'
import module from './net.wasm'
export default {
  async test() {
    const net = await load({ source: module, warm: true })
    const found = JSON.stringify([...net.run({ image: ${IMAGE} }).classes])
    if (found !== ${JSON.stringify(JSON.stringify(JSON.parse(expected).classes))}) throw new Error(found)
  },
}
`
      const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "net.js", esModule = embed "net.js"),
    (name = "net.wasm", wasm = embed "net.wasm"),
  ],
  compatibilityDate = "2026-01-01",
);
`
      const files = [
        { path: 'worker.js', content: worker },
        { path: 'config.capnp', content: config },
      ]
      execute(write('workerd', [...plain, ...files]), runtimes.workerd, 'test', 'config.capnp')
    })
  })

  test('a worker thread that is given the module', () => {
    const files = [
      {
        path: 'main.js',
        content: `import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
const module = await WebAssembly.compile(readFileSync('net.wasm'))
const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: module })
worker.on('message', text => console.log(text))
`,
      },
      {
        path: 'worker.js',
        content: `import { parentPort, workerData } from 'node:worker_threads'
import { argmax, load } from './net.js'
const { classes } = (await load(workerData)).run({ image: ${IMAGE} })
parentPort.postMessage(JSON.stringify({ classes: [...classes], best: argmax(classes) }))
`,
      },
    ]
    expect(execute(write('worker', [...plain, ...files]), process.execPath, 'main.js')).toBe(expected)
  })
})
