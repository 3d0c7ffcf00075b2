import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SourceFile } from '../src/backends/backend.ts'
import { wgsl } from '../src/backends/wgsl/index.ts'
import { packBits, unpackBits } from '../src/ir/bits.ts'
import { elements, type Tensor, type Values } from '../src/ir/tensor.ts'
import type { Plan, Port } from '../src/plan/plan.ts'
import type { Device } from './gpu.ts'

type TypedArray = Values | Uint32Array

/** What NAME.js exports, as NAME.d.ts says it, for any network. */
export interface Model {
  run(
    feeds: Readonly<Record<string, TypedArray>>,
    outputs?: Readonly<Record<string, TypedArray>>,
  ): Promise<Record<string, TypedArray>>
  time(feeds: Readonly<Record<string, TypedArray>>): Promise<{ kernel: string; nodes: string; microseconds: number }[]>
  /** Only with the option trace. */
  trace(feeds: Readonly<Record<string, TypedArray>>): Promise<{ name: string; values: TypedArray }[]>
  destroy(): void
}

export interface Loader {
  load(options?: {
    readonly device?: Device
    readonly maxBatch?: number
    readonly wgsl?: string
    readonly weights?: Uint8Array
    readonly warm?: boolean
    readonly allowNaN?: boolean
  }): Promise<Model>
}

/** Prints a plan into a folder and imports the loader from there, as a user would. */
export async function importLoader(plan: Plan, trace = false): Promise<Loader> {
  return importFiles(plan.name, await wgsl.print(plan, { version: 'test', trace }))
}

export async function importFiles(name: string, files: readonly SourceFile[]): Promise<Loader> {
  const hash = createHash('sha256')
  for (const { content } of files) hash.update(content)
  const folder = join(tmpdir(), 'xnorc-test-cache', `wgsl-${hash.digest('hex').slice(0, 24)}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const { path, content } of files) writeFileSync(join(folder, path), content)
  return (await import(/* @vite-ignore */ pathToFileURL(join(folder, `${name}.js`)).href)) as Loader
}

/** Feeds of several samples as the generated API takes them. */
export const joinFeeds = (plan: Plan, feeds: readonly ReadonlyMap<string, Tensor>[]): Record<string, TypedArray> =>
  Object.fromEntries(
    plan.inputs.map(({ name, dtype, buffer }) => {
      const parts = feeds.map(feed => (dtype === 'bit' ? packBits(feed.get(name)!) : feed.get(name)!.values))
      const all = new (parts[0]!.constructor as new (length: number) => TypedArray)(buffer.length * parts.length)
      parts.forEach((part, k) => {
        all.set(part as never, k * buffer.length)
      })
      return [name, all]
    }),
  )

/** One sample of a result, bits unpacked. Throws where an unused high bit is set. */
export function sampleOf({ dtype, shape, buffer, name }: Port, values: TypedArray, sample: number): Tensor {
  const part = values.slice(sample * buffer.length, (sample + 1) * buffer.length)
  if (dtype !== 'bit') return { dtype, shape, values: part as Values }
  const tensor = unpackBits(part as Uint32Array, shape)
  if (packBits(tensor).some((word, k) => word !== part[k])) throw new Error(`'${name}' has bits past its channels`)
  if (tensor.values.length !== elements(shape)) throw new Error(`'${name}' has ${tensor.values.length} values`)
  return tensor
}
