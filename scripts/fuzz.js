/**
 * `npm run fuzz`: random networks through the compiler, compared with onnxruntime; see test/fuzz. The sources are bundled
 * as they are, so that nothing has to be built before; `--compiler FOLDER` bundles those of another checkout with the same files instead.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { embedTemplates } from './embed-templates.js'

const root = realpathSync(fileURLToPath(new URL('..', import.meta.url)))
const at = process.argv.indexOf('--compiler')
const compiler = at > 0 ? realpathSync(resolve(process.argv[at + 1] ?? '')) : root

/** Sources of the compiler come from the other checkout, which must have been built once for its templates. */
const otherCompiler = {
  name: 'other-compiler',
  enforce: 'pre',
  resolveId(source, importer) {
    if (!importer || !source.startsWith('.')) return null
    const path = resolve(importer, '..', source)
    return path.startsWith(join(root, 'src')) ? path.replace(root, compiler) : null
  },
}

if (compiler === root) embedTemplates()
// Below node_modules, so that packages are found from there.
const folder = mkdtempSync(join(root, 'node_modules/.fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
await build({
  root,
  configFile: false,
  logLevel: 'error',
  plugins: [otherCompiler],
  build: {
    ssr: true,
    target: 'node20',
    minify: false,
    outDir: folder,
    rollupOptions: {
      input: {
        command: join(root, 'test/fuzz/command.ts'),
        worker: join(root, 'test/fuzz/worker.ts'),
        cli: join(root, 'src/cli/index.ts'),
      },
      output: { entryFileNames: '[name].mjs' },
    },
  },
})
const { main } = await import(join(folder, 'command.mjs'))
process.exit(await main(join(folder, 'worker.mjs'), process.argv.slice(2)))
