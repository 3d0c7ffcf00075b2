import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ConstantPlace, SourceFile } from '../../backends/backend.ts'
import { bytesOf } from '../../plan/arena.ts'
import type { Plan } from '../../plan/plan.ts'
import { bytesOfTensor, tensorOfBytes } from '../../verify/memory.ts'
import type { Feeds, Piece, Run, Runner } from '../../verify/runner.ts'
import { ToolError } from '../fail.ts'
import { buildC, findCompiler } from './build-c.ts'
import { driverSource } from './c-driver.ts'

const execute = promisify(execFile)

export interface CSettings {
  /** The compiler's command; the environment's CC, or what is installed. */
  readonly compiler?: string
  readonly flags?: readonly string[]
}

/** Builds generated C with the host's compiler and runs it as a process of its own. */
export function createCRunner({ compiler = findCompiler(), flags = ['-O2'] }: CSettings = {}): Runner {
  return {
    target: 'c',
    build: async (files, plan, { trace }) => {
      const folder = await mkdtemp(join(tmpdir(), 'xnorc-verify-'))
      const dispose = () => rm(folder, { recursive: true, force: true })
      try {
        for (const { path, content } of files) await writeFile(join(folder, path), content)
        await writeFile(join(folder, 'driver.c'), driverSource(plan, trace, placeOf(files)))
        await buildC(compiler, [...flags, `${plan.name}.c`, 'driver.c', '-lm', '-o', 'program'], folder)
      } catch (error) {
        await dispose()
        throw error
      }
      return { dispose, run: feeds => run(folder, plan, feeds) }
    },
  }
}

const placeOf = (files: readonly SourceFile[]): ConstantPlace =>
  files.some(({ path }) => path.endsWith('.bin')) ? 'file' : 'inline'

async function run(folder: string, plan: Plan, feeds: readonly Feeds[]): Promise<Run[]> {
  const [inputs, results] = [join(folder, 'inputs'), join(folder, 'results')]
  const parts = feeds.flatMap(feed => plan.inputs.map(({ name }) => bytesOfTensor(feed.get(name)!)))
  await writeFile(inputs, parts)
  try {
    await execute(join(folder, 'program'), [inputs, results], { cwd: folder })
  } catch (error) {
    const { signal, code } = error as { signal?: string | null; code?: number }
    throw new ToolError(`the generated code crashed: ${signal ? `signal ${signal}` : `exit status ${code}`}`)
  }
  return decode(plan, await readFile(results))
}

const HEAD = 32

/** Reads what the driver wrote. */
function decode(plan: Plan, file: Buffer): Run[] {
  const runs: Run[] = []
  let trace: Piece[] = []
  for (let at = 0; at < file.length; ) {
    const [kind, first, second, bytes] = [0, 8, 16, 24].map(offset => Number(file.readBigInt64LE(at + offset)))
    const body = file.subarray(at + HEAD, at + HEAD + bytes!)
    at += HEAD + bytes!
    if (kind === 1) {
      const name = body.subarray(0, second).toString('latin1')
      trace.push({ name, offset: first!, bytes: body.subarray(second) })
      continue
    }
    runs.push({ status: first!, outputs: decodeOutputs(plan, body), trace })
    trace = []
  }
  return runs
}

function decodeOutputs({ outputs }: Plan, bytes: Uint8Array) {
  let at = 0
  return new Map(
    outputs.map(port => {
      const part = bytes.slice(at, at + bytesOf(port.buffer))
      at += part.length
      return [port.name, tensorOfBytes(port, part)] as const
    }),
  )
}
