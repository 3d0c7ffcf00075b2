import { existsSync, readdirSync } from 'node:fs'
import { create } from 'webgpu'

/** `null` validates and runs nothing; the other two run on the CPU. */
export type Driver = 'null' | 'swiftshader' | 'gles'

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** What tests use of WebGPU's types, which TypeScript keeps in its DOM library. */
export interface Device {
  readonly limits: Readonly<Record<string, number>>
  readonly features: ReadonlySet<string>
  readonly lost: Promise<unknown>
  destroy(): void
  pushErrorScope(filter: 'validation'): void
  popErrorScope(): Promise<{ readonly message: string } | null>
}

interface Adapter {
  readonly limits: Readonly<Record<string, number>>
  readonly features: ReadonlySet<string>
  requestDevice(descriptor?: object): Promise<Device>
}

interface Gpu {
  requestAdapter(options?: object): Promise<Adapter | null>
}

/** Whether the driver is there. Where tests must not be skipped (CI=true) its absence is an error. */
export function hasDriver(driver: Driver): boolean {
  const there = driver === 'null' || (driver === 'swiftshader' ? existsSync(SWIFTSHADER) : libraries().some(isMesaEgl))
  if (there) return true
  if (process.env.CI === 'true') throw new Error(`${driver} is missing: run scripts/install-system-packages.sh`)
  console.warn(`skipped: no ${driver}; scripts/install-system-packages.sh installs it`)
  return false
}

const isMesaEgl = (name: string): boolean => name.startsWith('libEGL_mesa')

function libraries(): string[] {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64']
  return folders.flatMap(folder => (existsSync(folder) ? readdirSync(folder) : []))
}

const OPTIONS: Readonly<Record<Driver, readonly string[]>> = {
  null: ['backend=null'],
  swiftshader: ['backend=vulkan'],
  gles: ['backend=opengles'],
}

/** A device of this driver with default limits. */
export async function openDevice(driver: Driver): Promise<Device> {
  process.env.VK_DRIVER_FILES = SWIFTSHADER
  process.env.EGL_PLATFORM = 'surfaceless'
  const gpu = create([...OPTIONS[driver]]) as unknown as Gpu
  // Dawn's instance must outlive all that it made, or the process dies at the next garbage collection.
  const kept = globalThis as { keptGpus?: Gpu[] }
  kept.keptGpus = [...(kept.keptGpus ?? []), gpu]
  const adapter = await gpu.requestAdapter(driver === 'gles' ? { featureLevel: 'compatibility' } : {})
  if (!adapter) throw new Error(`no adapter from ${driver}`)
  const timestamps = driver !== 'null' && adapter.features.has('timestamp-query')
  return adapter.requestDevice({ requiredFeatures: timestamps ? ['timestamp-query'] : [] })
}
