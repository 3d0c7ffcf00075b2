import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { printWasm } from '../backends/wasm/index.ts'
import { type ReadOptions, readModel } from '../frontend/index.ts'
import { lower } from '../lower/index.ts'
import { runPasses } from '../passes/pass.ts'
import { pipeline } from '../passes/pipeline.ts'
import { callsOf } from '../plan/buffers.ts'
import type { Plan } from '../plan/plan.ts'
import { measureAlternating, medianOf, type Times } from './measure.ts'

export interface WasmBenchOptions extends ReadOptions {
  readonly name: string
  /** Milliseconds to spend on each of the two; 4000 by default. */
  readonly milliseconds?: number
}

export interface WasmBench {
  /** Medians, in microseconds per run, one thread. */
  readonly xnorc: number
  /** Undefined where onnxruntime-web is not installed or does not take the model. */
  readonly onnxruntimeWeb: number | undefined
  /** How many times faster xnorc is. */
  readonly ratio: number | undefined
  /** The same in time of the processor: what other programs take of a busy machine is not in it. */
  readonly cpu: Pick<WasmBench, 'xnorc' | 'onnxruntimeWeb' | 'ratio'>
  readonly layers: readonly {
    readonly name: string
    readonly origin: readonly string[]
    readonly microseconds: number
  }[]
}

type Values = Float32Array | Int32Array | BigInt64Array | Uint8Array
type Feeds = Readonly<Record<string, Values | Uint32Array>>

/** Times the generated module against onnxruntime-web in this process: alternating, one thread, medians. */
export async function benchWasm(model: Uint8Array, options: WasmBenchOptions): Promise<WasmBench> {
  const { graph } = await readModel(model, options)
  const plan = lower(runPasses(graph, pipeline).graph)
  const folder = await mkdtemp(join(tmpdir(), 'xnorc-bench-'))
  try {
    const files = await printWasm(plan, { version: 'bench', steps: true })
    for (const { path, content } of files) await writeFile(join(folder, path), content)
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    const { load } = await import(pathToFileURL(join(folder, `${plan.name}.js`)).href)
    const feeds = feedsOf(plan)
    const ours: { run: (feeds: Feeds) => unknown } = await load()
    const theirs = await loadOnnxruntime(model, plan, feeds)
    const runs = [async () => ours.run(feeds), ...(theirs ? [theirs] : [])]
    const [xnorc, web] = await measureAlternating(runs, options.milliseconds ?? 4000)
    const bytes = files.find(({ path }) => path.endsWith('.wasm'))!.content as Uint8Array
    return {
      ...compareTimes('clock', xnorc!, web),
      cpu: compareTimes('cpu', xnorc!, web),
      layers: await measureSteps(plan, bytes),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const compareTimes = (by: keyof Times, ours: Times, theirs: Times | undefined): WasmBench['cpu'] => ({
  xnorc: ours[by],
  onnxruntimeWeb: theirs?.[by],
  ratio: theirs && theirs[by] / ours[by],
})

/** Values of a fixed pattern between -1 and 1; token ids 0 to 99. */
function feedsOf({ inputs }: Plan): Feeds {
  const value = (i: number) => ((i * 7919) % 199) / 100 - 1
  return Object.fromEntries(
    inputs.map(({ name, dtype, buffer: { length } }) => {
      const numbers = Array.from({ length }, (_, i) => value(i))
      if (dtype === 'f32') return [name, Float32Array.from(numbers)]
      if (dtype === 'i64') return [name, BigInt64Array.from(numbers, (_, i) => BigInt(i % 100))]
      if (dtype === 'i8') return [name, Int8Array.from(numbers, (_, i) => (i % 256) - 128)]
      if (dtype === 'u8') return [name, Uint8Array.from(numbers, (_, i) => i % 256)]
      return [name, dtype === 'bit' ? new Uint32Array(length) : Int32Array.from(numbers, (_, i) => i % 100)]
    }),
  )
}

const TYPES = { f32: 'float32', i32: 'int32', u8: 'uint8', i8: 'int8', i64: 'int64' } as const

/** The model in onnxruntime-web: WASM with SIMD, one thread. Undefined if that is not possible here. */
async function loadOnnxruntime(
  model: Uint8Array,
  plan: Plan,
  feeds: Feeds,
): Promise<(() => Promise<unknown>) | undefined> {
  try {
    // Its entry for Node brings native code; this one is what a browser gets.
    const ort: typeof import('onnxruntime-web/wasm') = await import('onnxruntime-web/wasm')
    ort.env.wasm.numThreads = 1
    ort.env.logLevel = 'error'
    const session = await ort.InferenceSession.create(model.slice(), { executionProviders: ['wasm'] })
    const tensors = Object.fromEntries(
      plan.inputs.flatMap(({ name, dtype, shape }) =>
        dtype === 'bit' ? [] : [[name, new ort.Tensor(TYPES[dtype], feeds[name] as Float32Array, [...shape])]],
      ),
    )
    await session.run(tensors)
    return () => session.run(tensors)
  } catch {
    return undefined
  }
}

/** Every step alone, many times; a strip is one step with two layers. */
async function measureSteps(plan: Plan, bytes: Uint8Array): Promise<WasmBench['layers']> {
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(bytes.slice()))
  return plan.steps.map((step, k) => {
    const run = exports[`step${k}`] as () => number
    const calls = callsOf(step)
    return {
      name: calls.map(({ name }) => name).join(' + '),
      origin: [...new Set(calls.flatMap(({ origin }) => origin))],
      microseconds: measureStep(run),
    }
  })
}

/** Median of 30 samples that each take at least 200 microseconds. */
function measureStep(run: () => number): number {
  const WARM_UP = 100
  let repeat = 1
  for (let i = 0; i < WARM_UP; i++) run()
  const time = () => {
    const start = performance.now()
    for (let i = 0; i < repeat; i++) run()
    return (performance.now() - start) * 1000
  }
  while (time() < 200 && repeat < 4096) repeat *= 2
  return medianOf(Array.from({ length: 30 }, () => time() / repeat))
}
