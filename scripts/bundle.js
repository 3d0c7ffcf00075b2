// What is published: one bundle that needs no other package, its types, the licences of what is inside, and a package.json
// without what is for this checkout only. The paths of `exports` and `bin` are those of a plain build.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import { embedTemplates } from './embed-templates.js'

const root = resolve(import.meta.dirname, '..')
const pathOf = path => join(root, path)

/** By their places in dist: what package.json names, and what cmake/ imports. */
const entries = {
  index: 'src/index.ts',
  'node/index': 'src/node/index.ts',
  'cli/index': 'src/cli/index.ts',
  'plan/names': 'src/plan/names.ts',
  ...Object.fromEntries(
    ['vite', 'webpack', 'rspack', 'rollup', 'esbuild'].map(name => [`plugin/${name}`, `src/plugin/${name}.ts`]),
  ),
  // webpack and Rspack load these from files, beside the chunk that unplugin is in.
  ...Object.fromEntries(
    ['webpack', 'rspack'].flatMap(name =>
      ['load', 'transform'].map(loader => [
        `${name}/loaders/${loader}`,
        `node_modules/unplugin/dist/${name}/loaders/${loader}.mjs`,
      ]),
    ),
  ),
}

/** What is taken where it is installed. */
const optional = ['onnxruntime-node', 'onnxruntime-web', 'onnxruntime-web/*', 'playwright-core', 'webgpu']

const jpegDecoder = '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'

/** A module with other words in it; they must be there. */
function changed(path, ...changes) {
  let contents = readFileSync(path, 'utf8')
  for (const [from, to] of changes) {
    if (!contents.includes(from)) throw new Error(`${path} has no ${from} any more`)
    contents = contents.replaceAll(from, to)
  }
  return { contents, loader: extname(path) === '.ts' ? 'ts' : 'js' }
}

const own = {
  name: 'own',
  setup({ onResolve, onLoad }) {
    // CommonJS asks for modules of Node by calls; in a bundle of ES modules these are imports.
    const isBuiltin = new RegExp(`^(node:)?(${builtinModules.join('|')})$`)
    onResolve({ filter: isBuiltin }, ({ path, kind }) =>
      kind === 'require-call'
        ? { path, namespace: 'node' }
        : { path: path.startsWith('node:') ? path : `node:${path}`, external: true },
    )
    onLoad({ filter: /./, namespace: 'node' }, ({ path }) => {
      const name = JSON.stringify(path.startsWith('node:') ? path : `node:${path}`)
      return { contents: `import all from ${name}\nexport * from ${name}\nexport { all as default }` }
    })
    // Everything is inside the script; that it may be in Node is no matter, and the module of Node would not be in a browser.
    onLoad({ filter: /wabt\/index\.js$/ }, ({ path }) =>
      changed(path, ['ENVIRONMENT_IS_NODE=globalThis.process?.versions?.node&&', 'ENVIRONMENT_IS_NODE=false&&']),
    )
    // Its WebAssembly lies beside the chunk.
    onLoad({ filter: /data\/jpeg\.ts$/ }, ({ path }) =>
      changed(path, [
        `createRequire(import.meta.url).resolve('${jpegDecoder}')`,
        `new URL('${basename(jpegDecoder)}', import.meta.url)`,
      ]),
    )
    // What it looks for by name at run time is inside too, and its loaders lie beside it.
    onLoad({ filter: /unplugin\/dist\/index\.mjs$/ }, ({ path }) =>
      changed(
        path,
        ['import { createRequire }', 'import VirtualModules from "webpack-virtual-modules"\nimport { createRequire }'],
        ['__require("webpack-virtual-modules")', 'VirtualModules'],
        ['loaders/load.mjs', 'loaders/load.js'],
        ['loaders/transform.mjs', 'loaders/transform.js'],
      ),
    )
  },
}

async function bundle(out) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, pathOf(path)])),
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['node'],
    charset: 'utf8',
    minify: true,
    keepNames: false,
    chunkNames: '[name]-[hash]',
    external: optional,
    plugins: [own],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  // What is read as a file lies beside the chunk that does so.
  for (const path of ['src/bench/wgsl-page.js', `node_modules/${jpegDecoder}`])
    cpSync(pathOf(path), join(out, basename(path)))
  return Object.keys(metafile.inputs)
}

/** Declarations of the entries and of what they import. */
function declare(out) {
  const { config } = ts.readConfigFile(pathOf('tsconfig.build.json'), ts.sys.readFile)
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram(fileNames, { ...options, outDir: out, emitDeclarationOnly: true })
  const texts = new Map()
  program.emit(undefined, (path, text) => texts.set(resolve(path), text))
  const written = new Set()
  const write = path => {
    if (written.has(path)) return
    written.add(path)
    const text = texts.get(path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (!fileName.startsWith('.')) throw new Error(`the types of ${relative(out, path)} need ${fileName}`)
      write(resolve(dirname(path), fileName.replace(/\.[jt]s$/, '.d.ts')))
    }
  }
  for (const name of Object.keys(entries))
    if (name !== 'cli/index' && !name.includes('/loaders/')) write(resolve(out, `${name}.d.ts`))
}

/** Every package of which something is inside, with its licence. */
function licences(inputs) {
  const names = new Set(inputs.flatMap(path => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))
  const texts = [...names].sort().map(name => {
    const folder = pathOf(`node_modules/${name}`)
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each))
    const text = file
      ? readFileSync(join(folder, file), 'utf8').trim()
      : 'The package comes without the text of its licence.'
    return `## ${name} ${version}: ${license}\n\n\`\`\`\n${text}\n\`\`\`\n`
  })
  // The package of the JPEG decoder does not say what it owes to those who wrote that.
  texts.push('The JPEG decoder is libjpeg-turbo: it is based in part on the work of the Independent JPEG Group.\n')
  return `# What is inside\n\nxnorc's package contains code of these packages.\n\n${texts.join('\n')}`
}

/** What the published package.json leaves out: it has nothing to install and nothing to run. */
const OWN = ['scripts', 'dependencies', 'devDependencies', 'overrides', 'allowScripts']

/** Makes the package in a folder. */
export async function bundlePackage(folder) {
  const out = join(folder, 'dist')
  rmSync(out, { recursive: true, force: true })
  const inputs = await bundle(out)
  declare(out)
  writeFileSync(join(folder, 'THIRD-PARTY.md'), licences(inputs))
  const manifest = JSON.parse(readFileSync(pathOf('package.json'), 'utf8'))
  for (const field of OWN) delete manifest[field]
  for (const file of [...manifest.files, 'LICENSE'])
    if (folder !== root && existsSync(pathOf(file)) && file !== 'dist')
      cpSync(pathOf(file), join(folder, file), { recursive: true })
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

// npm packs this folder as it is between these two.
const kept = pathOf('out/package.json')
const [when] = process.argv[1] === fileURLToPath(import.meta.url) ? process.argv.slice(2) : []
if (when === 'prepack') {
  mkdirSync(dirname(kept), { recursive: true })
  cpSync(pathOf('package.json'), kept)
  embedTemplates()
  await bundlePackage(root)
} else if (when === 'postpack') {
  cpSync(kept, pathOf('package.json'))
  for (const made of ['THIRD-PARTY.md', 'dist']) rmSync(pathOf(made), { recursive: true })
}
