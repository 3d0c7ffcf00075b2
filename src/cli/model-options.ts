import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ConstantPlace, Isa } from '../backends/backend.ts'
import type { CompileOptions } from '../compile.ts'
import { print } from '../ir/print.ts'
import { flagOf, type OptionName, specOf, options as table } from '../options.ts'
import { externalReader } from './external-data.ts'
import { FileError, reasonOf, UsageError } from './fail.ts'

/** What the command line parser hands over for every command that compiles a model. */
export interface ModelOptions {
  readonly name?: string
  readonly weights: 'xnor' | 'centered' | 'exact'
  readonly binarize: 'auto' | 'all' | readonly string[]
  readonly scale: 'alpha' | 'alpha-k'
  readonly signZero: 'plus' | 'error'
  readonly firstLayer: 'float' | 'integer'
  readonly inputType?: 'f32' | 'u8'
  readonly inputLayout?: 'nchw' | 'nhwc' | 'rgba'
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  readonly batch?: number
  readonly size?: Readonly<Record<string, number>>
  /** C: instruction sets beside portable code; all if left out. */
  readonly isa?: readonly Isa[]
  /** C: where the constants are; not for commands that generate nothing. */
  readonly constants?: ConstantPlace
  readonly dumpIr?: string
  readonly printAfter?: string
  readonly rewriteLimit?: number
  readonly timing?: boolean
  readonly json?: boolean
}

export async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
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
  const { weights, binarize, scale, signZero, firstLayer, inputType, inputLayout, mean, std, batch, size, constants } =
    options
  return {
    name,
    weights,
    binarize,
    scale,
    signZero,
    firstLayer,
    ...(batch === undefined ? {} : { batch }),
    ...(size ? { sizes: size } : {}),
    ...(inputType ? { inputType } : {}),
    ...(inputLayout ? { inputLayout } : {}),
    ...(mean ? { mean } : {}),
    ...(std ? { std } : {}),
    ...(constants ? { constants } : {}),
    commandLine: commandLine(options),
    observe: observer(options),
    readExternal: externalReader(path, found),
    ...(options.rewriteLimit === undefined ? {} : { rewriteLimit: options.rewriteLimit }),
  }
}

/** Only what changes the generated code, and not at its default. */
function commandLine(options: ModelOptions): string {
  const defaults = Object.fromEntries(
    (Object.keys(table) as OptionName[]).map(name => [flagOf(name).split(' ')[0]!.slice(2), specOf(name).default]),
  )
  const shown = {
    weights: options.weights,
    binarize: options.binarize,
    scale: options.scale,
    'first-layer': options.firstLayer,
    'input-type': options.inputType,
    mean: options.mean,
    std: options.std,
    'input-layout': options.inputLayout,
    batch: options.batch,
    size: options.size && Object.entries(options.size).map(([axis, size]) => `${axis}=${size}`),
    isa: options.isa?.length === 0 ? 'none' : options.isa,
    constants: options.constants,
  }
  return Object.entries(shown)
    .filter(([key, value]) => value !== undefined && value !== defaults[key])
    .map(([key, value]) => `--${key} ${value}`)
    .join(' ')
}

async function passNames(): Promise<string[]> {
  const { pipeline } = await import('../passes/pipeline.ts')
  return [...new Set(pipeline.flatMap(({ passes }) => passes.map(({ name }) => name)))]
}

function observer({ dumpIr, printAfter, timing }: ModelOptions): NonNullable<CompileOptions['observe']> {
  let count = 0
  if (dumpIr !== undefined) mkdirSync(dumpIr, { recursive: true })
  return (pass, graph, milliseconds) => {
    const number = String(count++).padStart(2, '0')
    if (dumpIr !== undefined) writeFileSync(join(dumpIr, `${number}-${pass}.ir`), print(graph))
    if (pass === printAfter) console.error(print(graph))
    if (timing) console.error(`${milliseconds.toFixed(1).padStart(8)} ms  ${pass}`)
  }
}
