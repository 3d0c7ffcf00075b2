import { dirname, isAbsolute, resolve } from 'node:path'
import type { TargetsOptions } from '../compile-targets.ts'

/** What to make of a model: the options of the compiler without those that only programs have. */
export interface ModelOptions
  extends Omit<TargetsOptions, 'name' | 'targets' | 'readExternal' | 'observe' | 'commandLine' | 'rewriteLimit'> {
  /** By default wasm; with both, `load({ prefer })` chooses. */
  readonly target?: WebTarget
}

export interface PluginOptions extends ModelOptions {
  /** Whether NAME.d.onnx.ts is written beside the model; true by default. */
  readonly types?: boolean
}

export const webTargets = ['wasm', 'wgsl', 'wasm,wgsl'] as const
export type WebTarget = (typeof webTargets)[number]

/** The file that an import means. Only of relative and absolute paths: others are for the bundler to find. */
export function pathOf(source: string, importer: string | undefined): string | undefined {
  if (isAbsolute(source)) return source
  return source.startsWith('.') && importer ? resolve(dirname(importer), source) : undefined
}

/**
 * A model file and what is wanted of it: `./net.onnx?wgsl`, `?wasm`, `?inline`, each over the plugin's options. Throws for
 * words that are none of these; words of bundlers have a value, or are theirs.
 */
export function asRequested(
  id: string,
  { types: _, ...options }: PluginOptions,
  mustInline: boolean,
): { readonly path: string; readonly request: ModelOptions } {
  const [path = '', query = ''] = id.split('?')
  const words = query.split('&').filter(word => word !== '' && !word.includes('=') && word !== 'import')
  const unknown = words.find(word => word !== 'inline' && !webTargets.some(target => target === word))
  if (unknown !== undefined)
    throw new Error(`${path}: there is no ?${unknown}; there is ?${webTargets.join(', ?')}, ?inline`)
  const target = webTargets.find(each => words.includes(each)) ?? options.target ?? 'wasm'
  if (!webTargets.includes(target))
    throw new Error(`there is no target '${target}' for the web; use ${webTargets.join(' or ')}`)
  const inline = mustInline || options.inline || words.includes('inline')
  return { path, request: { ...options, target, ...(inline ? { inline } : {}) } }
}
