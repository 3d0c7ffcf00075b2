import type { Backend } from './backend.ts'

export type Target = 'c' | 'wasm' | 'wgsl'

/** A backend is loaded when it is asked for: some bring heavy modules. */
const backends: Readonly<Record<Target, () => Promise<Backend>>> = {
  c: async () => (await import('./c/index.ts')).c,
  wasm: async () => (await import('./wasm/index.ts')).wasm,
  wgsl: async () => (await import('./wgsl/index.ts')).wgsl,
}

export const targets = Object.keys(backends) as readonly Target[]

export const loadBackend = (target: Target): Promise<Backend> => backends[target]()
