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

/** Whether the driver works. Where tests must not be skipped (CI=true) its absence is an error. */
export function hasDriver(driver: Driver): boolean {
  if (driver === 'null' || working[driver]) return true
  const missing = `no adapter from ${driver}: scripts/install-system-packages.sh installs it (${PACKAGES[driver]})`
  if (process.env.CI === 'true') throw new Error(missing)
  console.warn(`skipped: ${missing}`)
  return false
}

/** Debian's packages of a driver and of what loads it. */
const PACKAGES = {
  swiftshader: 'chromium, libvulkan1',
  gles: 'libegl1, libgles2, libgl1-mesa-dri',
}

const OPTIONS: Readonly<Record<Driver, readonly string[]>> = {
  null: ['backend=null'],
  swiftshader: ['backend=vulkan'],
  gles: ['backend=opengles'],
}

/** A device of this driver with default limits. */
export async function openDevice(driver: Driver): Promise<Device> {
  const adapter = await requestAdapter(driver)
  if (!adapter) throw new Error(`no adapter from ${driver}`)
  const timestamps = driver !== 'null' && adapter.features.has('timestamp-query')
  return adapter.requestDevice({ requiredFeatures: timestamps ? ['timestamp-query'] : [] })
}

function requestAdapter(driver: Driver): Promise<Adapter | null> {
  process.env.VK_DRIVER_FILES = SWIFTSHADER
  process.env.EGL_PLATFORM = 'surfaceless'
  const gpu = create([...OPTIONS[driver]]) as unknown as Gpu
  // Dawn's instance must outlive all that it made, or the process dies at the next garbage collection.
  const kept = globalThis as { keptGpus?: Gpu[] }
  kept.keptGpus = [...(kept.keptGpus ?? []), gpu]
  return gpu.requestAdapter(driver === 'gles' ? { featureLevel: 'compatibility' } : {})
}

/** They are asked for an adapter: the file of a driver may be there, and the loader that reads it not. */
const working = {
  swiftshader: (await requestAdapter('swiftshader')) !== null,
  gles: (await requestAdapter('gles')) !== null,
}
