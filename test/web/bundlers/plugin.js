// A bundler with the plugin: `node plugin.js FOLDER BUNDLER` builds FOLDER/main.js into FOLDER/dist.
import { finish, project } from './project.js'

const { folder, entry, out } = project()
const name = process.argv[3]
process.chdir(folder)
const { default: xnorc } = await import(`../../../dist/plugin/${name === 'server' ? 'vite' : name}.js`)
const plugins = [xnorc()]

/** Each builds, and gives what it complained about. */
const bundlers = {
  vite: async () => {
    const { build, createLogger } = await import('vite')
    const complaints = []
    const customLogger = createLogger('silent')
    customLogger.warn = customLogger.warnOnce = message => complaints.push(message)
    const input = { rollupOptions: { input: { main: entry }, output: { entryFileNames: '[name].js' } } }
    await build({ root: folder, configFile: false, customLogger, base: './', plugins, build: input })
    return complaints
  },
  server: async () => {
    const { build } = await import('vite')
    await build({ root: folder, configFile: false, logLevel: 'error', plugins, build: { ssr: entry, outDir: out } })
    return []
  },
  webpack: async () => packed((await import('webpack')).default),
  rspack: async () => packed((await import('@rspack/core')).rspack),
  rollup: async () => {
    const { rollup } = await import('rollup')
    const complaints = []
    const bundle = await rollup({ input: entry, plugins, onwarn: ({ message }) => complaints.push(message) })
    await bundle.write({ dir: out, format: 'es' })
    return complaints
  },
  esbuild: async () => {
    const { build } = await import('esbuild')
    const options = { bundle: true, format: 'esm', splitting: true, logLevel: 'silent' }
    const { warnings } = await build({ entryPoints: [entry], outdir: out, plugins, ...options })
    return warnings.map(({ text }) => text)
  },
}

const packed = bundler =>
  new Promise((resolve, reject) => {
    const config = { mode: 'production', context: folder, entry, output: { path: out }, performance: { hints: false } }
    bundler({ ...config, plugins }, (error, stats) => {
      if (error) return reject(error)
      const { warnings, errors } = stats.toJson({ warnings: true, errors: true })
      if (errors.length > 0) reject(errors.map(({ message }) => message).join('\n'))
      else resolve(warnings.map(({ message }) => message))
    })
  })

try {
  finish({ complaints: await bundlers[name]() })
} catch (error) {
  finish({ error: error.stack || error.message || String(error) })
}
