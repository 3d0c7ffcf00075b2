import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import type { SourceFile } from '../../../src/backends/backend.ts'
import type { Target } from '../../../src/backends/registry.ts'
import { openDevice } from '../../gpu.ts'
import { importInline } from '../../wasm-runner.ts'
import { importFiles } from '../../wgsl-runner.ts'
import type { Fault } from '../verdict.ts'

/** The files that one damaged file became. */
export interface Product {
  readonly name: string
  readonly target: Target
  readonly files: readonly SourceFile[]
}

const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fsyntax-only']

const textIn = ({ files }: Product, ending: string): string =>
  files.flatMap(({ path, content }) => (path.endsWith(ending) && typeof content === 'string' ? [content] : [])).join('')

const failed = (stage: string, error: unknown): Fault => {
  const { stderr, message } = error as { stderr?: Buffer; message?: string }
  const line = stderr
    ?.toString()
    .split('\n')
    .find(each => /error:/.test(each))
  return { kind: 'error', stage, message: (line?.replace(/^.*?error: /, '') ?? message ?? String(error)).slice(0, 600) }
}

/** What this file needs of a type that Node's own lack. */
const engine = WebAssembly as unknown as { validate(bytes: Uint8Array): boolean }

let device: ReturnType<typeof openDevice> | undefined

/** For processes that end by themselves: a device keeps them alive. */
export async function closeDevice(): Promise<void> {
  ;(await device)?.destroy()
  device = undefined
}

/** What validates at once: WASM by the engine, WGSL by Dawn, JavaScript by being imported, declarations by TypeScript's parser. Importing is for those with `isLoaded`. */
export async function checkProduct(product: Product, isLoaded: boolean): Promise<Fault | undefined> {
  const { name, target, files } = product
  try {
    if (target === 'c') return undefined
    const unparsed = parseTypes(product)
    if (unparsed) return unparsed
    if (target === 'wasm') {
      const bytes = files.find(({ path }) => path.endsWith('.wasm'))?.content
      if (!(bytes instanceof Uint8Array) || !engine.validate(bytes))
        return { kind: 'error', stage: 'wasm', message: 'the module is not valid' }
      if (isLoaded) await importInline(files)
      return undefined
    }
    if (!isLoaded) return undefined
    const loader = await importFiles(name, files)
    device ??= openDevice('null')
    const opened = await device
    opened.pushErrorScope('validation')
    let refused: unknown
    const model = await loader.load({ device: opened, maxBatch: 1 }).catch((error: unknown) => {
      refused = error
    })
    const invalid = await opened.popErrorScope()
    model?.destroy()
    // A device may be too small for a network, and the loader says so.
    if (refused && !/device/.test(String(refused))) return failed('wgsl loader', refused)
    return invalid && !refused ? { kind: 'error', stage: 'wgsl', message: invalid.message } : undefined
  } catch (error) {
    return failed(target, error)
  }
}

function parseTypes(product: Product): Fault | undefined {
  const source = ts.createSourceFile('n.d.ts', textIn(product, '.d.ts'), ts.ScriptTarget.ES2022)
  const { parseDiagnostics } = source as unknown as { parseDiagnostics: readonly ts.Diagnostic[] }
  const [first] = parseDiagnostics
  return first && { kind: 'error', stage: 'types', message: ts.flattenDiagnosticMessageText(first.messageText, ' ') }
}

/** Those of several C products that gcc has a complaint about, by name. */
export function checkC(products: readonly Product[]): Map<string, Fault> {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-files-'))
  try {
    const own = products.filter(({ target }) => target === 'c')
    for (const { files } of own) for (const { path, content } of files) writeFileSync(join(folder, path), content)
    const complaint = (some: readonly Product[]): unknown => {
      const units = some.flatMap(({ files }) => files.map(({ path }) => path).filter(path => path.endsWith('.c')))
      try {
        if (units.length > 0) execFileSync('gcc', [...STRICT, ...units], { cwd: folder, stdio: 'pipe' })
        return undefined
      } catch (error) {
        return error
      }
    }
    // Together first: mostly none has a fault.
    if (!complaint(own)) return new Map()
    return new Map(
      own.flatMap(product => {
        const error = complaint([product])
        return error ? [[product.name, failed('gcc', error)]] : []
      }),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What TypeScript says about declarations, types and all. */
export function checkTypes(products: readonly Product[]): Map<string, Fault> {
  const texts = new Map(
    products.filter(({ target }) => target !== 'c').map(each => [`/${each.name}.d.ts`, textIn(each, '.d.ts')]),
  )
  const options: ts.CompilerOptions = { noEmit: true, strict: true, target: ts.ScriptTarget.ES2022, types: [] }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (path, ...rest) => {
    const text = texts.get(path)
    return text === undefined ? getSourceFile.call(host, path, ...rest) : ts.createSourceFile(path, text, rest[0])
  }
  host.fileExists = path => texts.has(path) || fileExists.call(host, path)
  host.readFile = path => texts.get(path) ?? readFile.call(host, path)
  const program = ts.createProgram([...texts.keys()], options, host)
  const faults = new Map<string, Fault>()
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program))
    if (file && texts.has(file.fileName))
      faults.set(file.fileName.slice(1, -5), {
        kind: 'error',
        stage: 'types',
        message: ts.flattenDiagnosticMessageText(messageText, ' '),
      })
  return faults
}
