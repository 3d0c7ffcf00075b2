import type { Command } from 'commander'
import { CONFIG_NAME, configOf, findConfig } from '../node/config.ts'
import { keyOf, type OptionName } from '../options.ts'
import { UsageError } from './fail.ts'

/** What decides where files go and what they are is for `compile` alone. */
const OF_COMPILE = ['target', 'out', 'package']
const OF_FILES = ['target', 'out', 'labels']

/** Takes options of the model from xnorc.config.json where the command line does not give them. */
export async function applyConfig(command: Command): Promise<void> {
  const [model] = command.args
  const config = model === undefined ? undefined : await configOf(model)
  if (!config) return
  for (const [name, value] of Object.entries(config.options)) {
    if (OF_COMPILE.includes(name) && command.name() !== 'compile') continue
    const key = OF_FILES.includes(name) ? name : keyOf(name as OptionName)
    const knows = command.options.some(option => option.attributeName() === key)
    if (!knows || command.getOptionValueSource(key) === 'cli') continue
    command.setOptionValueWithSource(key, name === 'wat' ? (value === true ? 'wat' : undefined) : value, 'config')
  }
  command.setOptionValueWithSource('config', config.path, 'config')
}

/** All models of the nearest configuration: what `compile` without a model means. */
export async function modelsOfConfig(): Promise<string[]> {
  const config = await findConfig('.')
  if (!config)
    throw new UsageError(`missing required argument 'model.onnx': there is no ${CONFIG_NAME} here that names models`)
  return [...config.models.keys()]
}
