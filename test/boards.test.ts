import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { boards, measureBoard } from '../scripts/boards.js'
import { compile } from '../src/index.ts'
import { buildCounter } from '../src/run/counter.ts'
import { ensureBuilt } from './build-systems/project.ts'

const examples = resolve(import.meta.dirname, '../examples')
const tools = ['cmake', 'arm-none-eabi-gcc', 'qemu-system-arm', 'riscv64-unknown-elf-gcc', 'qemu-system-riscv32']

/** Whether a tool is missing, which CI must not have. */
function areMissing(): boolean {
  const missing = tools.filter(tool => spawnSync(tool, ['--version']).error)
  if (missing.length > 0 && process.env.CI === 'true') throw new Error(`CI must not skip: ${missing} missing`)
  if (missing.length > 0) console.warn(`skipped: ${missing} missing; scripts/install-system-packages.sh installs them`)
  return missing.length > 0
}

describe.skipIf(areMissing())('a digit on emulated boards', { timeout: 300_000 }, () => {
  let folder: string
  let counter: string
  const said = new Map<boolean, string>()
  beforeAll(async () => {
    ensureBuilt()
    folder = mkdtempSync(join(tmpdir(), 'xnorc-boards-'))
    counter = await buildCounter(folder)
    for (const bytes of [false, true]) said.set(bytes, await here(bytes))
  }, 300_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What this machine says, without vectors and contraction. */
  async function here(bytes: boolean): Promise<string> {
    const model = new Uint8Array(readFileSync(join(examples, 'lenet5-mnist/lenet5.binary.onnx')))
    const integers = { inputType: 'u8', mean: [0.1307], std: [0.3081], firstLayer: 'integer' } as const
    const shared = { target: 'c', name: 'lenet5', fpContract: 'off' } as const
    const { files } = await compile(model, bytes ? { ...shared, ...integers } : shared)
    for (const { path, content } of files) writeFileSync(join(folder, path), content)
    const sources = ['main.c', 'host.c'].map(name => join(examples, 'cortex-m', name))
    const flags = ['-O1', `-I${join(examples, 'cortex-m')}`, '-I.', ...(bytes ? ['-DBYTES'] : [])]
    execFileSync('gcc', [...flags, ...sources, 'lenet5.c', '-lm', '-o', 'host'], { cwd: folder })
    return spawnSync(join(folder, 'host'), { encoding: 'utf8' }).stdout.trim()
  }

  /** Million instructions that a run may take, and bytes of flash and RAM without the stack. */
  const most = {
    m0: [13.5, 113_000, 8_000],
    m3: [8.2, 110_000, 8_000],
    m4: [3.7, 108_000, 10_300],
    m7: [3.7, 108_000, 10_300],
    m55: [1.9, 111_000, 10_300],
    rv32: [11.5, 114_000, 8_000],
  } as const

  test.each(
    Object.keys(boards) as (keyof typeof boards)[],
  )('%s: the scores of this machine, bit for bit', async name => {
    const { text, status, instructions, flash, ram } = await measureBoard(name, folder, counter)
    expect(text).toBe(said.get(boards[name].bytes))
    expect(text).toContain('This is a 7.')
    expect(status).toBe(7)
    const [millions, inFlash, inRam] = most[name]
    expect(instructions).toBeGreaterThan(1e5)
    expect(instructions).toBeLessThan(millions * 1e6)
    expect(flash).toBeLessThan(inFlash)
    expect(ram).toBeLessThan(inRam)
  })
})
