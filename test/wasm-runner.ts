import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SourceFile } from '../src/backends/backend.ts'
import { printWasm } from '../src/backends/wasm/index.ts'
import { packBits, unpackBits } from '../src/ir/bits.ts'
import type { Tensor, Values } from '../src/ir/tensor.ts'
import type { Plan } from '../src/plan/plan.ts'

export type Feeds = Readonly<Record<string, Values | Uint32Array>>

/** What the generated loader exports. */
export interface LoaderModule {
  readonly load: (source?: unknown) => Promise<LoadedModel>
  readonly lengths: Readonly<Record<string, number>>
}

export interface LoadedModel {
  readonly inputs: readonly { name: string; dtype: string; shape: readonly number[] }[]
  readonly outputs: readonly { name: string; dtype: string; shape: readonly number[] }[]
  readonly run: (feeds: Feeds, outputs?: Partial<Feeds>) => Readonly<Record<string, Values | Uint32Array>>
}

// Every module is removed when its process ends.
process.setMaxListeners(0)

const options = { version: 'test' }

/** The loader and the module of a plan, in a folder of their own. */
export async function writeModule(plan: Plan): Promise<{ folder: string; loader: LoaderModule; bytes: Uint8Array }> {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-wasm-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const files = await printWasm(plan, options)
  for (const { path, content } of files) writeFileSync(join(folder, path), content)
  const bytes = files.find(({ path }) => path.endsWith('.wasm'))!.content as Uint8Array
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const url = pathToFileURL(join(folder, `${plan.name}.js`)).href
  return { folder, bytes, loader: (await import(/* @vite-ignore */ url)) as LoaderModule }
}

/** A loader from its text; it finds no file beside itself. */
export async function importInline(files: readonly SourceFile[]): Promise<LoaderModule> {
  const text = files.find(({ path }) => path.endsWith('.js'))!.content as string
  return (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`)) as LoaderModule
}

/** Runs a plan as WASM, as a user of the loader would. Bits are packed and unpacked here. */
export async function loadPlan(plan: Plan): Promise<(feeds: ReadonlyMap<string, Tensor>) => Map<string, Tensor>> {
  const { loader } = await writeModule(plan)
  return runLoaded(plan, loader)
}

export async function runLoaded(
  plan: Plan,
  loader: LoaderModule,
): Promise<(feeds: ReadonlyMap<string, Tensor>) => Map<string, Tensor>> {
  const model = await loader.load({ allowNaN: true })
  return feeds => {
    const inputs = plan.inputs.map(({ name, dtype }) => {
      const tensor = feeds.get(name)!
      return [name, dtype === 'bit' ? packBits(tensor) : tensor.values]
    })
    const results = model.run(Object.fromEntries(inputs))
    return new Map(
      plan.outputs.map(({ name, dtype, shape }) => {
        const values = results[name]!
        if (dtype !== 'bit') return [name, { dtype, shape, values: values as Values }]
        const tensor = unpackBits(values as Uint32Array, shape)
        if (packBits(tensor).some((word, k) => word !== values[k]))
          throw new Error(`'${name}' has bits set past its channels`)
        return [name, tensor]
      }),
    )
  }
}
