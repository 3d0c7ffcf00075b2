/**
 * `npm run fuzz`: random networks through the compiler, compared with onnxruntime; see test/fuzz. The sources are bundled
 * as they are, so that nothing has to be built before; `--compiler FOLDER` bundles those of another checkout with the same files instead.
 */
import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleTests } from './bundle-tests.js'
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
const folder = await bundleTests(
  { command: 'test/fuzz/command.ts', worker: 'test/fuzz/worker.ts', cli: 'src/cli/index.ts' },
  { plugins: [otherCompiler] },
)
const { main } = await import(join(folder, 'command.mjs'))
process.exit(await main(join(folder, 'worker.mjs'), process.argv.slice(2)))
