import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { CompileOptions } from '../compile-options.ts'
import { print } from '../ir/print.ts'
import { keyOf, type OptionName, specOf, options as table } from '../options.ts'
import { externalReader } from './external-data.ts'
import { FileError, reasonOf, UsageError } from './fail.ts'
import { makeFolder } from './make-folder.ts'
import { readAligned } from './read-aligned.ts'

/** What the command line parser hands over for every command that compiles a model. */
export interface ModelOptions extends Omit<Partial<CompileOptions>, 'target' | 'sizes' | 'wat' | 'labels'> {
  readonly size?: Readonly<Record<string, number>>
  readonly emit?: 'wat'
  readonly dumpIr?: string
  readonly printAfter?: string
  readonly timing?: boolean
  readonly json?: boolean
}

export async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    return await readAligned(path)
  } catch (error) {
    throw new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  }
}

/** The compiler's options for a model file, with its ways to look inside; `found` hears of files that the model names. */
export async function compileOptions(
  path: string,
  options: ModelOptions,
  found?: (file: string) => void,
): Promise<Omit<CompileOptions, 'target'>> {
  const passes = await passNames()
  if (options.printAfter !== undefined && !passes.includes(options.printAfter))
    throw new UsageError(`there is no pass '${options.printAfter}'; the passes are ${passes.join(', ')}`)
  const name = options.name ?? basename(path).replace(/\.onnx$/i, '')
  return {
    ...fromTable(options),
    name,
    observe: observer(options),
    readExternal: externalReader(path, found),
  }
}

/** The options of the compiler among those of a command. Labels are a file, which is read elsewhere. */
function fromTable(options: ModelOptions): Partial<CompileOptions> {
  const given = options as Readonly<Record<string, unknown>>
  const names = (Object.keys(table) as OptionName[]).filter(name => name !== 'target' && name !== 'labels')
  return Object.fromEntries(
    names.flatMap(name => {
      const value = given[keyOf(name)]
      if (value === undefined) return []
      return [[name, specOf(name).value.kind === 'switch' ? value !== false : value]]
    }),
  )
}

async function passNames(): Promise<string[]> {
  const { pipeline } = await import('../passes/pipeline.ts')
  return [...new Set(pipeline.flatMap(({ passes }) => passes.map(({ name }) => name)))]
}

function observer({ dumpIr, printAfter, timing }: ModelOptions): NonNullable<CompileOptions['observe']> {
  let count = 0
  if (dumpIr !== undefined) makeFolder(dumpIr)
  return (pass, graph, milliseconds) => {
    const number = String(count++).padStart(2, '0')
    if (dumpIr !== undefined) writeFileSync(join(dumpIr, `${number}-${pass}.ir`), print(graph))
    if (pass === printAfter) console.error(print(graph))
    if (timing) console.error(`${milliseconds.toFixed(1).padStart(8)} ms  ${pass}`)
  }
}
