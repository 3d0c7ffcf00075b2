import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Programs of test/ and the sources that they read, as they are, so that nothing has to be built before: NAME.mjs for each
 * of `input`, in a folder that goes away with this process. It lies below node_modules, so that packages are found from there.
 */
export async function bundleTests(input, { plugins = [], banner = '' } = {}) {
  const folder = mkdtempSync(join(root, 'node_modules/.tests-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
  const paths = Object.entries(input).map(([name, path]) => [name, join(root, path)])
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins,
    build: {
      ssr: true,
      target: 'node20',
      minify: false,
      outDir: folder,
      rollupOptions: { input: Object.fromEntries(paths), output: { entryFileNames: '[name].mjs', banner } },
    },
  })
  return folder
}
