import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join, normalize } from 'node:path'
import type { SourceFile } from '../backends/backend.ts'
import { ARRAYS } from '../backends/js/ports.ts'
import { wgsl } from '../backends/wgsl/index.ts'
import { lower } from '../lower/index.ts'
import type { Plan } from '../plan/plan.ts'
import { type PrepareOptions, prepare } from '../prepare.ts'

export interface WgslBenchOptions extends PrepareOptions {
  /** 1 and 8 by default. */
  readonly batches?: readonly number[]
  /** Seconds to spend on each measurement; 3 by default. */
  readonly seconds?: number
  /** Path of Chromium; Debian's by default. */
  readonly chromium?: string
}

export interface WgslBench {
  /** What the browser says about its adapter. */
  readonly adapter: string
  /** Milliseconds until a model can run. */
  readonly load: { readonly xnorc: number; readonly onnxruntimeWeb: number | undefined }
  readonly batches: readonly {
    readonly batch: number
    /** Medians, in milliseconds per run. */
    readonly xnorc: number
    /** Undefined where onnxruntime-web is not installed or does not take the model, or this batch. */
    readonly onnxruntimeWeb: number | undefined
    /** How many times faster xnorc is. */
    readonly ratio: number | undefined
  }[]
  /** One sample, kernel by kernel; empty where the adapter has no timestamps. Milliseconds. */
  readonly kernels: readonly { readonly kernel: string; readonly nodes: string; readonly milliseconds: number }[]
}

/** `--enable-unsafe-webgpu`: without it there is no adapter on a CPU; the developer features make timestamps exact. */
const FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--enable-webgpu-developer-features',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Times the generated WGSL against onnxruntime-web's WebGPU backend on one adapter, alternating, in headless Chromium. */
export async function benchWgsl(model: Uint8Array, options: WgslBenchOptions): Promise<WgslBench> {
  const { graph } = await prepare(model, options)
  const plan = lower(graph, wgsl.lowering)
  const files = [...(await wgsl.print(plan, { version: 'bench' })), ...(await pageFiles(model, plan, options))]
  const { chromium } = await import('playwright-core')
  const server = await serve(files)
  const browser = await chromium.launch({ executablePath: options.chromium ?? '/usr/bin/chromium', args: FLAGS })
  try {
    const page = await browser.newPage()
    const { port } = server.address() as AddressInfo
    await page.goto(`http://localhost:${port}/`)
    const done = page.waitForFunction('globalThis.result', undefined, { timeout: 600_000, polling: 500 })
    const result = JSON.parse((await (await done).jsonValue()) as string) as WgslBench | { readonly error: string }
    if ('error' in result) throw new Error(result.error)
    return result
  } finally {
    await browser.close()
    server.close()
  }
}

const TENSORS = { f32: 'float32', i32: 'int32', u8: 'uint8', i8: 'int8', i64: 'int64', bit: 'uint32' }

async function pageFiles(
  model: Uint8Array,
  { name, inputs }: Plan,
  { batches = [1, 8], seconds = 3 }: WgslBenchOptions,
): Promise<SourceFile[]> {
  const ports = inputs.map(({ name, shape, dtype, buffer: { length } }) => {
    return { name, shape, length, array: ARRAYS[dtype], tensor: TENSORS[dtype] }
  })
  const settings = { loader: `./${name}.js`, inputs: ports, batches, seconds }
  return [
    { path: '', content: '<!doctype html><title>bench</title><script type="module" src="bench.js"></script>' },
    { path: 'bench.js', content: await readFile(new URL('wgsl-page.js', import.meta.url)) },
    { path: 'settings.json', content: JSON.stringify(settings) },
    { path: 'model.onnx', content: model },
  ]
}

/** The files, and onnxruntime-web's under /ort/ where it is installed. */
async function serve(files: readonly SourceFile[]): Promise<Server> {
  const ort = findOnnxruntime()
  const read = async (path: string): Promise<string | Uint8Array | undefined> => {
    const file = files.find(each => each.path === path)
    if (file) return file.content
    const name = normalize(path).replace(/^ort\//, '')
    if (!ort || !path.startsWith('ort/') || name.includes('..')) return undefined
    return readFile(join(ort, name)).catch(() => undefined)
  }
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1)
    void read(path).then(content => {
      if (content === undefined) response.writeHead(404).end()
      else response.writeHead(200, { 'content-type': typeOf(path) }).end(content)
    })
  })
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  return server
}

function findOnnxruntime(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))
  } catch {
    return undefined
  }
}

function typeOf(path: string): string {
  if (path === '') return 'text/html'
  if (/\.m?js$/.test(path)) return 'text/javascript'
  return path.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream'
}
