import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { hasCompiler } from '../c-runner.ts'
import { isChromiumMissing } from '../chromium.ts'
import { areToolsMissing, runtimes, toolFolder } from '../web/tools.ts'
import { openPage, type Page } from './browser.ts'
import { installTarball, type Project } from './tarball.ts'

const nin = resolve(import.meta.dirname, '../../examples/nin-cifar10/nin.binary.onnx')
const targets = ['c', 'wasm'] as const

/** Names and digests of the files that this checkout makes of NIN; the package must make the same. */
async function expectedFiles(target: (typeof targets)[number]): Promise<Record<string, string>> {
  const { files } = await compile(readFileSync(nin), { target, name: 'nin' })
  return Object.fromEntries(
    files.map(({ path, content }) => [path, createHash('sha256').update(content).digest('hex')]),
  )
}

/** Node of another version, which `npm run web-tools` installs. */
function isInstalled(node: string): boolean {
  if (existsSync(node)) return true
  if (process.env.CI === 'true') throw new Error(`${node} is missing`)
  console.warn(`skipped: ${node} is missing (npm run web-tools)`)
  return false
}

let project: Project
beforeAll(async () => {
  project = await installTarball()
}, 240_000)
afterAll(() => project?.remove())

describe('the package in an empty project', { timeout: 240_000 }, () => {
  test('npm publishes it as it is', () => {
    const { stderr } = spawnSync('npm', ['publish', '--dry-run', project.tarball], { encoding: 'utf8' })
    expect(stderr).toContain('xnorc@')
    expect(stderr).not.toContain('auto-corrected')
    const { bin } = JSON.parse(readFileSync(join(project.folder, 'node_modules/xnorc/package.json'), 'utf8'))
    expect(bin).toEqual({ xnorc: 'dist/cli/index.js' })
  })

  test.skipIf(areToolsMissing())('publint and attw find nothing', () => {
    const run = (program: string, ...args: string[]) =>
      spawnSync(process.execPath, [join(toolFolder, 'node_modules', program), ...args], { encoding: 'utf8' })
    expect(run('publint/src/cli.js', project.tarball)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('All good!'),
    })
    // The package is of modules alone: what old resolutions miss is left out.
    expect(run('@arethetypeswrong/cli/dist/index.js', project.tarball, '--profile', 'esm-only')).toMatchObject({
      status: 0,
    })
  })

  test('is all that is installed: no dependencies, no scripts, at most 4 MB, with the licences of what is inside', () => {
    const modules = join(project.folder, 'node_modules')
    expect(readdirSync(modules).filter(name => !name.startsWith('.'))).toEqual(['xnorc'])
    const folder = join(modules, 'xnorc')
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    for (const field of ['scripts', 'dependencies', 'devDependencies']) expect(manifest[field]).toBeUndefined()
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(file => file.isFile())
    const bytes = files.map(file => statSync(join(file.parentPath, file.name)).size)
    expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(4e6)
    const licences = readFileSync(join(folder, 'THIRD-PARTY.md'), 'utf8')
    for (const name of [
      'wabt',
      'onnx-proto',
      'protobufjs',
      'handlebars',
      'commander',
      'execa',
      'unplugin',
      'd3-scale',
      'fast-png',
    ])
      expect(licences).toContain(`\n## ${name} `)
  })

  test('needs no assembler of WASM to make C', () => {
    const dist = join(project.folder, 'node_modules/xnorc/dist')
    const wabt = readdirSync(dist).filter(name => name.startsWith('wabt-'))
    expect(wabt).toHaveLength(1)
    const [there, away] = [join(dist, wabt[0]!), join(project.folder, 'wabt.js')]
    renameSync(there, away)
    try {
      project.run('npx', 'xnorc', 'compile', nin, '--target', 'c,wgsl', '--out', 'without')
    } finally {
      renameSync(away, there)
    }
  })

  test.skipIf(!hasCompiler('gcc'))('finds the decoder of JPEG', () => {
    mkdirSync(join(project.folder, 'pictures/a'), { recursive: true })
    project.write('pictures/a/1.jpg', 'something else')
    const bytes = ['--input-type', 'u8', '--mean', '0.5', '--std', '0.25']
    // In its own words.
    expect(() => project.run('npx', 'xnorc', 'eval', nin, '--data', 'pictures', ...bytes)).toThrow(
      'Not a JPEG file: starts with 0x73 0x6f',
    )
  })

  test('finds unplugin, and its loaders for webpack', () => {
    const dist = join(project.folder, 'node_modules/xnorc/dist')
    project.write(
      'plugins.mjs',
      `for (const name of ['vite', 'webpack', 'rspack', 'rollup', 'esbuild']) {
  const { default: plugin } = await import('xnorc/' + name)
  const { name: own, apply } = plugin()
  if (own !== 'xnorc' && typeof apply !== 'function') throw new Error(name)
}
`,
    )
    project.run('node', 'plugins.mjs')
    for (const path of ['webpack/loaders/load.js', 'webpack/loaders/transform.js', 'rspack/loaders/load.js'])
      expect(existsSync(join(dist, path))).toBe(true)
  })

  /** Beside the one that runs here. */
  const others = (['node22', 'node24'] as const).filter(name => isInstalled(runtimes[name]))

  test.each(['node20', ...others] as const)('compiles NIN in %s', async name => {
    project.write(
      'nin.mjs',
      `import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { compile, interpret, readModel } from 'xnorc'
const bytes = readFileSync(${JSON.stringify(nin)})
const digests = {}
for (const target of ${JSON.stringify(targets)}) {
  const { files, summary, warnings } = await compile(bytes, { target, name: 'nin' })
  if (warnings.length > 0 || summary.layers.length !== 9) throw new Error(JSON.stringify(summary))
  for (const { path, content } of files) digests[path] = createHash('sha256').update(content).digest('hex')
}
const { graph } = await readModel(bytes)
console.log(JSON.stringify({ digests, inputs: graph.inputs.map(({ attrs, type }) => [attrs.name, type.shape]), interpret: typeof interpret }))
`,
    )
    const printed = JSON.parse(project.run(runtimes[name], 'nin.mjs'))
    const expected = Object.assign({}, ...(await Promise.all(targets.map(expectedFiles))))
    expect(printed).toEqual({ digests: expected, inputs: [['input', [1, 3, 32, 32]]], interpret: 'function' })
    const command = ['node_modules/xnorc/dist/cli/index.js', 'compile', nin, '--target', 'c,wasm', '--name', 'nin']
    project.run(runtimes[name], ...command, '--out', name)
    for (const [path, digest] of Object.entries(expected)) {
      const made = readFileSync(join(project.folder, name, path))
      expect([path, createHash('sha256').update(made).digest('hex')]).toEqual([path, digest])
    }
  })

  test('has a command', () => {
    expect(project.run('npx', 'xnorc', '--version').trim()).toBe('0.1.0')
    project.run('npx', 'xnorc', 'compile', nin, '--target', 'c', '--out', 'made')
    expect(readFileSync(join(project.folder, 'made/nin_binary.h'), 'utf8')).toContain('int nin_binary_run(')
  })

  test('has types', () => {
    project.write(
      'consumer.ts',
      `import { CompileError, compile, type CompileResult, type Graph, interpret, readModel, type Tensor } from 'xnorc'
export async function sizes(bytes: Uint8Array): Promise<number> {
  const { files, summary }: CompileResult = await compile(bytes, { target: 'c', name: 'net', weights: 'exact' })
  const lengths: number[] = files.map(({ content }) => content.length)
  return lengths.length + summary.constantBytes + summary.layers.filter(({ kind }) => kind === 'binary').length
}
export async function outputs(bytes: Uint8Array, image: Float32Array): Promise<ReadonlyMap<string, Tensor>> {
  const { graph }: { graph: Graph } = await readModel(bytes, { batch: 1 })
  return interpret(graph, new Map([['input', { dtype: 'f32', shape: [1, 3, 32, 32], values: image }]]))
}
export const reasons = (error: unknown): string[] =>
  error instanceof CompileError ? error.diagnostics.map(({ code, where }) => code + where.node) : []
// @ts-expect-error a target that does not exist
void compile(new Uint8Array(), { target: 'fpga', name: 'net' })
// @ts-expect-error the name is missing
void compile(new Uint8Array(), { target: 'c' })
`,
    )
    const tsc = resolve(import.meta.dirname, '../../node_modules/typescript/bin/tsc')
    for (const [module, resolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ] as const) {
      const flags = ['--strict', '--target', 'es2022', '--module', module, '--moduleResolution', resolution]
      expect(project.run('node', tsc, '--noEmit', ...flags, 'consumer.ts')).toBe('')
    }
  })
})

describe.skipIf(isChromiumMissing())('the package in a browser', { timeout: 180_000 }, () => {
  let page: Page
  beforeAll(async () => {
    page = await openPage(project, nin)
  }, 180_000)
  afterAll(() => page?.close())

  test.each(targets)('compiles NIN to %s in the page', async target => {
    expect(await page.compile(target)).toEqual(await expectedFiles(target))
  })
})

test('the compiler without command line, runners, benchmarks, reports and plugins uses nothing of Node', () => {
  const grep = [
    '-rnE',
    `from 'node:|import\\('node:|\\bprocess\\.|\\brequire\\(|__dirname|\\bBuffer\\.`,
    'src',
    '--include=*.ts',
    // Text of loaders, which do run in Node too.
    '--exclude=templates.generated.ts',
  ]
  const found = execFileSync('grep', grep, { cwd: resolve(import.meta.dirname, '../..'), encoding: 'utf8' })
  expect(
    found.split('\n').filter(line => line !== '' && !/^src\/(cli|run|bench|report|node|plugin)\//.test(line)),
  ).toEqual([])
})
