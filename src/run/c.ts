import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ExecaError, execa } from 'execa'
import type { ConstantPlace, SourceFile } from '../backends/backend.ts'
import { driverSource } from './c-driver.ts'
import { readRecords } from './c-records.ts'
import { buildC, findCompiler } from './compiler.ts'
import { bytesOfTensor } from './memory.ts'
import type { Feeds, Interface, Program, Run } from './runner.ts'
import { ToolError } from './tool-error.ts'

export interface CSettings {
  /** The compiler's command; the environment's CC, or what is installed. */
  readonly compiler?: string
  readonly flags?: readonly string[]
}

/** Builds generated C with the host's compiler and runs it as a process of its own. */
export const createCRunner = ({ compiler = findCompiler(), flags = ['-O2'] }: CSettings = {}) => ({
  target: 'c',
  build: async (
    files: readonly SourceFile[],
    network: Interface,
    { trace }: { readonly trace: boolean },
  ): Promise<Program> => {
    const folder = await mkdtemp(join(tmpdir(), 'xnorc-run-'))
    const dispose = () => rm(folder, { recursive: true, force: true })
    try {
      for (const { path, content } of files) await writeFile(join(folder, path), content)
      await writeFile(join(folder, 'driver.c'), driverSource([network], { trace, constants: placeOf(files) }))
      await buildC(compiler, [...flags, `${network.name}.c`, 'driver.c', '-lm', '-o', 'program'], folder)
    } catch (error) {
      await dispose()
      throw error
    }
    return { dispose, run: feeds => run(folder, network, feeds) }
  },
})

const placeOf = (files: readonly SourceFile[]): ConstantPlace =>
  files.some(({ path }) => path.endsWith('.bin')) ? 'file' : 'inline'

async function run(folder: string, network: Interface, feeds: readonly Feeds[]): Promise<Run[]> {
  const [inputs, results] = [join(folder, 'inputs'), join(folder, 'results')]
  const parts = feeds.flatMap(feed => network.inputs.map(({ name }) => bytesOfTensor(feed.get(name)!)))
  await writeFile(inputs, parts)
  try {
    await execa(join(folder, 'program'), [network.name, inputs, results], { cwd: folder })
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    throw new ToolError(
      `the generated code crashed: ${error.signal ? `signal ${error.signal}` : `exit status ${error.exitCode}`}`,
    )
  }
  return readRecords(network, await readFile(results))
}
