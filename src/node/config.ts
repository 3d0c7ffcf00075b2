import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { checkValues } from '../check-options.ts'
import { type OptionName, options as table } from '../options.ts'

export const CONFIG_NAME = 'xnorc.config.json'

/** What may be decided for a model in xnorc.config.json: the options of the compiler, and where its files go. */
export type ModelConfig = Readonly<Record<string, unknown>>

export interface Config {
  /** The file. */
  readonly path: string
  /** By the path of the model file. */
  readonly models: ReadonlyMap<string, ModelConfig>
}

/** What is wrong with a configuration, in words. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Of the options of the compiler, those that are text or numbers; a target may be several. */
const NOT_HERE: readonly string[] = [
  'target',
  'labels',
  'commandLine',
  'readExternal',
  'observe',
] satisfies OptionName[]
const known = Object.keys(table).filter(name => !NOT_HERE.includes(name)) as OptionName[]
const TEXTS = ['target', 'out', 'labels']

/** The nearest xnorc.config.json: in this folder, or in one above it. */
export async function findConfig(folder: string): Promise<Config | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, CONFIG_NAME)
    const text = await readFile(path, 'utf8').catch(error => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw new ConfigError(`cannot read '${path}': ${error.message}`)
    })
    if (text !== undefined) return { path, models: parse(path, text) }
    if (dirname(at) === at) return undefined
  }
}

/** What the nearest configuration says of a model; nothing where it does not name it. */
export async function configOf(model: string): Promise<{ path: string; options: ModelConfig } | undefined> {
  const config = await findConfig(dirname(resolve(model)))
  const options = config?.models.get(resolve(model))
  return config && options && { path: config.path, options }
}

function parse(path: string, text: string): Map<string, ModelConfig> {
  const fail = (what: string): never => {
    throw new ConfigError(`'${path}': ${what}`)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    return fail(`is no JSON: ${(error as Error).message}`)
  }
  const { models, $schema: _, ...rest } = isObject(content) ? content : fail('expected an object with models')
  if (Object.keys(rest).length > 0) fail(`there is no '${Object.keys(rest)[0]}'; expected models`)
  if (!isObject(models)) return fail('models: expected an object of options by model file')
  return new Map(
    Object.entries(models).map(([file, options]) => {
      const model = resolve(dirname(path), file)
      if (!isObject(options)) return fail(`models, '${file}': expected an object of options`)
      check(options, what => fail(`models, '${file}': ${what}`))
      return [model, pathsFrom(dirname(path), options)]
    }),
  )
}

function check(options: ModelConfig, fail: (what: string) => never): void {
  const names = [...TEXTS, ...known]
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) fail(`there is no option '${unknown}'; the options are ${names.join(', ')}`)
  const text = TEXTS.find(name => options[name] !== undefined && typeof options[name] !== 'string')
  if (text !== undefined) fail(`${text} has to be text`)
  try {
    checkValues(options, known)
  } catch (error) {
    fail((error as Error).message)
  }
}

/** Paths in the file start at its folder; here they start where the program runs. */
function pathsFrom(folder: string, options: ModelConfig): ModelConfig {
  const moved = ['out', 'labels'].flatMap(name => {
    const given = options[name]
    if (typeof given !== 'string') return []
    const path = relative('.', resolve(folder, given))
    return [[name, path === '' ? '.' : path.split(sep).join('/')]]
  })
  return { ...options, ...Object.fromEntries(moved) }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
