import { readLabels } from '../cli/labels.ts'
import { configOf } from '../node/config.ts'
import { type ModelOptions, webTargets } from './requests.ts'

/** What xnorc.config.json says of a model, as far as it is for the web; and the files that say so. */
export async function configuredOptions(model: string): Promise<{ options: ModelOptions; files: string[] }> {
  const config = await configOf(model)
  if (!config) return { options: {}, files: [] }
  const { target, out: _, name: __, labels, ...options } = config.options
  const files = [config.path]
  return {
    options: {
      ...options,
      ...(webTargets.some(each => each === target) ? { target } : {}),
      ...(typeof labels === 'string' ? { labels: await readLabels(labels, file => files.push(file)) } : {}),
    } as ModelOptions,
    files,
  }
}
