import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SourceFile } from '../backends/backend.ts'
import { packBits } from '../ir/bits.ts'
import type { Tensor, Values } from '../ir/tensor.ts'
import type { Plan, Port } from '../plan/plan.ts'
import { tensorOfBytes } from './memory.ts'
import type { Feeds } from './runner.ts'

export type TypedArray = Values | Uint32Array

/** Generated files in a folder of their own, with their loader NAME.js imported from there. */
export interface Imported<Loader> {
  readonly loader: Loader
  readonly dispose: () => Promise<void>
}

export async function importFiles<Loader>({ name }: Plan, files: readonly SourceFile[]): Promise<Imported<Loader>> {
  const folder = await mkdtemp(join(tmpdir(), 'xnorc-verify-'))
  const dispose = () => rm(folder, { recursive: true, force: true })
  try {
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    for (const { path, content } of files) await writeFile(join(folder, path), content)
    return { loader: (await import(pathToFileURL(join(folder, `${name}.js`)).href)) as Loader, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Feeds as a generated loader takes them: bits packed. */
export const loaderFeeds = ({ inputs }: Plan, feeds: Feeds): Record<string, TypedArray> =>
  Object.fromEntries(
    inputs.map(({ name, dtype }) => [name, dtype === 'bit' ? packBits(feeds.get(name)!) : feeds.get(name)!.values]),
  )

/** Its results as tensors. */
export const loaderOutputs = ({ outputs }: Plan, results: Readonly<Record<string, TypedArray>>): Map<string, Tensor> =>
  new Map(outputs.map(port => [port.name, tensorOf(port, results[port.name]!)]))

const tensorOf = (port: Port, values: TypedArray): Tensor => tensorOfBytes(port, bytesOf(values))

export const bytesOf = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
