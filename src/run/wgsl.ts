import { existsSync } from 'node:fs'
import { callsOf } from '../plan/buffers.ts'
import type { Plan } from '../plan/plan.ts'
import { bytesOf, importFiles, loaderFeeds, loaderOutputs, type TypedArray } from './files.ts'
import type { Feeds, Run, Runner } from './runner.ts'
import { ToolError } from './tool-error.ts'

interface Model {
  readonly run: (feeds: Record<string, TypedArray>) => Promise<Record<string, TypedArray>>
  readonly trace: (feeds: Record<string, TypedArray>) => Promise<readonly { name: string; values: TypedArray }[]>
  readonly destroy: () => void
}

interface Loader {
  readonly load: (options: { readonly device: object; readonly allowNaN: boolean }) => Promise<Model>
}

interface Gpu {
  readonly requestAdapter: (options?: object) => Promise<Adapter | null>
}

interface Adapter {
  readonly requestDevice: () => Promise<Device>
}

interface Device {
  readonly destroy: () => void
}

/** Runs generated shaders on a GPU of this machine, through Dawn's bindings for Node (the package webgpu). */
export const createWgslRunner = (): Runner => ({
  target: 'wgsl',
  build: async (files, plan, { trace }) => {
    const device = await openDevice()
    const { loader, dispose } = await importFiles<Loader>(plan, files)
    const model = await loader.load({ device, allowNaN: true })
    return {
      dispose: async () => {
        model.destroy()
        device.destroy()
        await dispose()
      },
      run: async feeds => {
        const runs: Run[] = []
        for (const feed of feeds) runs.push(await runSample(model, plan, feed, trace))
        return runs
      },
    }
  },
})

async function runSample(model: Model, plan: Plan, feeds: Feeds, trace: boolean): Promise<Run> {
  const given = loaderFeeds(plan, feeds)
  try {
    const outputs = loaderOutputs(plan, await model.run(given))
    const values = trace ? await model.trace(given) : []
    return { status: 0, outputs, trace: lastOf(plan, values) }
  } catch (error) {
    if (error instanceof RangeError) return { status: 1, outputs: new Map(), trace: [] }
    throw new ToolError(`the generated code failed: ${(error as Error).message}`)
  }
}

/** Every call reports what it stored to; a value that several calls fill is seen after the last of them. */
const lastOf = ({ steps }: Plan, values: readonly { readonly name: string; readonly values: TypedArray }[]) => {
  const reported = new Map(values.map(({ name, values: each }) => [name, bytesOf(each)]))
  const names = new Set(steps.flatMap(callsOf).map(({ y }) => y.name))
  return [...reported].filter(([name]) => names.has(name)).map(([name, bytes]) => ({ name, offset: 0, bytes }))
}

/** Throws a ToolError where no shader can run here. */
export async function findDevice(): Promise<string> {
  const device = await openDevice()
  device.destroy()
  return 'installed, with a driver'
}

async function openDevice(): Promise<Device> {
  // A name that no bundler and no type checker follows.
  const name = 'webgpu'
  let create: (options: readonly string[]) => Gpu
  try {
    ;({ create } = (await import(name)) as { create: typeof create })
  } catch {
    throw new ToolError('WGSL needs WebGPU in Node, which is not installed: npm install webgpu')
  }
  const adapter = (await adapterOf(create)) ?? (useBrowserDriver() ? await adapterOf(create) : null)
  if (!adapter)
    throw new ToolError(
      'WGSL needs a GPU driver, and WebGPU finds none: install a Vulkan loader and a driver (apt-get install libvulkan1 mesa-vulkan-drivers), or name a driver in VK_DRIVER_FILES',
    )
  return adapter.requestDevice()
}

function adapterOf(create: (options: readonly string[]) => Gpu): Promise<Adapter | null> {
  const gpu = create([])
  // Dawn's instance must outlive all that it made, or the process dies at the next garbage collection.
  const kept = globalThis as { keptGpus?: Gpu[] }
  kept.keptGpus = [...(kept.keptGpus ?? []), gpu]
  return gpu.requestAdapter()
}

/** The Vulkan driver for CPUs that browsers bring along. */
const BROWSER_DRIVERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'].map(
  folder => `${folder}/vk_swiftshader_icd.json`,
)

/** Names such a driver to the Vulkan loader where there is one, and no other is named. */
function useBrowserDriver(): boolean {
  const found = BROWSER_DRIVERS.find(file => existsSync(file))
  if (!found || process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return false
  process.env.VK_DRIVER_FILES = found
  return true
}
