import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Target } from '../backends/registry.ts'
import { showDiagnostic } from '../ir/diagnostic.ts'
import { compileFile } from '../node/compile-file.ts'
import { version } from '../version.ts'
import type { ModelOptions } from './requests.ts'

export interface Compiled {
  /** NAME.js; what it needs is beside it. Another model, or other options, make another path. */
  readonly entry: string
  /** Text of NAME.d.ts. */
  readonly declarations: string
  readonly inputs: readonly string[]
  readonly warnings: readonly string[]
}

/** What is kept of a compilation: which contents of which files led to which folder. */
interface Record {
  readonly inputs: readonly { readonly path: string; readonly hash: string }[]
  readonly entry: string
  readonly warnings: readonly string[]
}

const hashOf = (...contents: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const content of contents) hash.update(`${content.length} `).update(content)
  return hash.digest('hex').slice(0, 32)
}

const hashOfFile = async (path: string): Promise<string> => hashOf(await readFile(path))

/** Compiles a model, or finds that this was done. Keeps the files in node_modules/.cache/xnorc of a project. */
export async function compileCached(project: string, path: string, request: ModelOptions): Promise<Compiled> {
  const root = resolve(project, 'node_modules/.cache/xnorc')
  const key = hashOf(version, JSON.stringify(request), path)
  const note = join(root, `${key}.json`)
  const known = await readRecord(note)
  const record = known ?? (await compileInto(root, path, request))
  if (!known) await writeWhole(note, JSON.stringify(record))
  const { entry, inputs, warnings } = record
  const declarations = await readFile(entry.replace(/\.js$/, '.d.ts'), 'utf8')
  return { entry: entry.replaceAll('\\', '/'), declarations, inputs: inputs.map(input => input.path), warnings }
}

/** Undefined where nothing is kept, or a file is not what it was. */
async function readRecord(note: string): Promise<Record | undefined> {
  try {
    const record: Record = JSON.parse(await readFile(note, 'utf8'))
    const hashes = await Promise.all(record.inputs.map(input => hashOfFile(input.path)))
    const isSame = record.inputs.every(({ hash }, k) => hash === hashes[k])
    await readFile(record.entry)
    return isSame ? record : undefined
  } catch {
    return undefined
  }
}

async function compileInto(root: string, path: string, { target = 'wasm', ...options }: ModelOptions): Promise<Record> {
  const targets = target.split(',') as Target[]
  const { files, summaries, warnings, inputs } = await compileFile(path, { ...options, targets })
  const folder = join(root, hashOf(...files.flatMap(({ path: name, content }) => [name, content])))
  await mkdir(root, { recursive: true })
  const draft = await mkdtemp(join(root, 'draft-'))
  await writeFile(join(draft, 'package.json'), '{ "type": "module" }\n')
  for (const { path: name, content } of files) await writeFile(join(draft, name), content)
  // Whoever was first has written the same.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true }))
  return {
    inputs: await Promise.all(inputs.map(async input => ({ path: input, hash: await hashOfFile(input) }))),
    entry: join(folder, `${summaries[0]!.name}.js`),
    warnings: warnings.map(showDiagnostic),
  }
}

/** Never half of it, for others who read it meanwhile. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, text)
  await rename(draft, path)
}
