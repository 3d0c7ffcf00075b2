import { readFile, writeFile } from 'node:fs/promises'
import { createUnplugin, type UnpluginInstance } from 'unplugin'
import { CompileError, showDiagnostic } from '../ir/diagnostic.ts'
import { type Compiled, compileCached } from './cache.ts'
import { configuredOptions } from './config.ts'
import { asRequested, type ModelOptions, type PluginOptions, pathOf } from './requests.ts'

export type { PluginOptions } from './requests.ts'

/** Bundlers that emit no file for `new URL(name, import.meta.url)`: there the module is inside the script. */
const WITHOUT_ASSETS = ['rollup', 'esbuild']

/** `import { load } from './net.onnx'`: compiles models where they are imported. */
export const unplugin: UnpluginInstance<PluginOptions | undefined, false> = createUnplugin<PluginOptions | undefined>(
  (options = {}, { framework }) => {
    let root = '.'
    return {
      name: 'xnorc',
      enforce: 'pre',
      vite: {
        // Its development server serves nothing from outside.
        configResolved: config => {
          root = config.root
        },
      },
      // These two look for files with the query as a part of the name.
      ...(WITHOUT_ASSETS.includes(framework)
        ? {
            resolveId(source: string, importer: string | undefined) {
              return /\.onnx\?/.test(source) ? pathOf(source, importer) : undefined
            },
          }
        : {}),
      loadInclude: id => /\.onnx(\?|$)/.test(id),
      async load(id) {
        const configured = await configuredOptions(id.split('?')[0]!)
        const mustInline = WITHOUT_ASSETS.includes(framework) || isServer(this)
        const { path, request } = asRequested(id, { ...configured.options, ...options }, mustInline)
        const { inputs, warnings, entry, declarations } = await compiled(root, path, request)
        for (const input of [...inputs, ...configured.files]) this.addWatchFile(input)
        for (const warning of warnings) this.warn(`${path}: ${warning}`)
        if (options.types !== false && !id.includes('?')) await writeTypes(path, declarations)
        // What is beside the entry is for the bundler to find; an entry with everything inside may lie anywhere.
        return {
          code: request.inline ? await readFile(entry, 'utf8') : `export * from ${JSON.stringify(entry)}\n`,
          map: null,
        }
      },
    }
  },
)

/** Vite leaves addresses alone in what is for a server. */
const isServer = (context: object): boolean =>
  (context as { environment?: { config?: { consumer?: string } } }).environment?.config?.consumer === 'server'

async function compiled(root: string, path: string, request: ModelOptions): Promise<Compiled> {
  try {
    return await compileCached(root, path, request)
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    const reasons = error.diagnostics.map(showDiagnostic).join('\n')
    // Bundlers print the stack of whoever throws, which says nothing to whoever wrote the model.
    throw Object.assign(new Error(`${path}: ${reasons}`), { stack: '', hideStack: true, id: path })
  }
}

/** NAME.d.onnx.ts is what TypeScript looks for, with allowArbitraryExtensions. */
async function writeTypes(path: string, declarations: string): Promise<void> {
  const file = path.replace(/\.onnx$/, '.d.onnx.ts')
  const before = await readFile(file, 'utf8').catch(() => '')
  if (before !== declarations) await writeFile(file, declarations)
}
