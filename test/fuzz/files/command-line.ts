import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../verdict.ts'

const TARGETS = ['c', 'wasm', 'wgsl']

/**
 * One file through the command line: it is compiled, or refused with status 1, a line for each reason, and nothing
 * written. `folder` holds what lies beside the model.
 */
export function tryCommand(cli: string, folder: string, bytes: Uint8Array, seed: number): Fault | undefined {
  const model = join(folder, 'model.onnx')
  const out = join(folder, `out${seed >>> 0}`)
  writeFileSync(model, bytes)
  const args = [cli, 'compile', model, '--target', TARGETS[(seed >>> 0) % 3]!, '--out', out]
  const { status, stderr, stdout, signal } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 })
  const fault = (message: string): Fault => ({ kind: 'error', stage: 'command line', message })
  if (status === 0) return existsSync(out) ? undefined : fault('status 0, and nothing is written')
  if (status !== 1) return fault(`status ${status ?? signal}: ${stderr.slice(0, 200)}`)
  if (existsSync(out)) return fault('refused, and something is written')
  if (stdout !== '') return fault(`refused, and something is on stdout: ${stdout.slice(0, 200)}`)
  const odd = stderr
    .trimEnd()
    .split('\n')
    .find(line => !/^error: [a-z-]+: \S/.test(line))
  return odd === undefined ? undefined : fault(`a line that is no error: ${odd.slice(0, 200)}`)
}
