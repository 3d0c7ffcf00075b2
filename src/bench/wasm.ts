import { printWasm, wasm } from '../backends/wasm/index.ts'
import { lower } from '../lower/index.ts'
import { callsOf } from '../plan/buffers.ts'
import type { Plan } from '../plan/plan.ts'
import { type PrepareOptions, prepare } from '../prepare.ts'
import { importFiles, loaderFeeds, type TypedArray } from '../run/files.ts'
import { makeFeeds } from '../run/inputs.ts'
import type { Feeds } from '../run/runner.ts'
import { ToolError } from '../run/tool-error.ts'
import { int8Twin } from './int8-twin.ts'
import { compare, measureAlternating, medianOf, type Times } from './measure.ts'
import { tinyNote, withoutTinyWeights } from './tiny-weights.ts'

export interface WasmBenchOptions extends PrepareOptions {
  /** Milliseconds to spend on each of the two; 4000 by default. */
  readonly milliseconds?: number
  readonly relaxedSimd?: boolean
}

/** Medians, in microseconds per run, one thread. */
export interface WasmTimes {
  readonly xnorc: number
  /** Undefined where onnxruntime-web is not installed or does not take the model. */
  readonly onnxruntimeWeb: number | undefined
  /** How many times faster xnorc is. */
  readonly ratio: number | undefined
  /** The same for an int8 network of the same shapes in onnxruntime-web. */
  readonly int8: number | undefined
  readonly int8Ratio: number | undefined
}

/** By the clock. */
export interface WasmBench extends WasmTimes {
  /** The same in time of the processor: what other programs take of a busy machine is not in it. */
  readonly cpu: WasmTimes
  /** Why there is no int8 network. */
  readonly int8Note: string | undefined
  /** How the model was changed in onnxruntime-web's favour. */
  readonly tinyNote: string | undefined
  readonly layers: readonly {
    readonly name: string
    readonly origin: readonly string[]
    readonly microseconds: number
  }[]
}

interface Loader {
  readonly load: () => Promise<{ readonly run: (feeds: Readonly<Record<string, TypedArray>>) => unknown }>
}

/** Times the generated module against onnxruntime-web in this process: alternating, one thread, medians. */
export async function benchWasm(model: Uint8Array, options: WasmBenchOptions): Promise<WasmBench> {
  const { model: read, source, graph } = await prepare(model, options)
  const plan = lower(graph, wasm.lowering)
  const files = await printWasm(plan, { version: 'bench', steps: true, relaxedSimd: options.relaxedSimd ?? false })
  const { loader, dispose } = await importFiles<Loader>(plan, files)
  try {
    const feeds = loaderFeeds(plan, makeFeeds(source, 1))
    const ours = await loader.load().catch((error: Error) => {
      throw new ToolError(error.message)
    })
    // The model as the file has it takes its own form of the inputs.
    const theirFeeds = makeFeeds(read.graph, 1)
    const peer = await withoutTinyWeights(model)
    const web = await loadOnnxruntime(peer.model, theirFeeds)
    const twin = await int8Twin(read.graph)
    const int8 = typeof twin === 'string' ? undefined : await loadOnnxruntime(twin, theirFeeds)
    const runs = [async () => ours.run(feeds), ...(web ? [web] : []), ...(int8 ? [int8] : [])]
    const [xnorc, ...others] = await measureAlternating(runs, options.milliseconds ?? 4000)
    const theirs = web && others.shift()
    const ratios = (by: keyof Times): WasmBench['cpu'] => {
      const { theirs: onnxruntimeWeb, ...rest } = compare(by, xnorc!, theirs, int8 && others[0])
      return { xnorc: xnorc![by], onnxruntimeWeb, ...rest }
    }
    const bytes = files.find(({ path }) => path.endsWith('.wasm'))!.content as Uint8Array
    return {
      ...ratios('clock'),
      cpu: ratios('cpu'),
      int8Note: typeof twin === 'string' ? twin : undefined,
      tinyNote: tinyNote(peer.zeroed),
      layers: await measureSteps(plan, bytes),
    }
  } finally {
    await dispose()
  }
}

const TYPES = { f32: 'float32', i32: 'int32', u8: 'uint8', i8: 'int8', i64: 'int64', bit: 'bool' } as const

/** The model in onnxruntime-web: WASM with SIMD, one thread. Undefined if that is not possible here. */
async function loadOnnxruntime(model: Uint8Array, feeds: Feeds): Promise<(() => Promise<unknown>) | undefined> {
  try {
    // Its entry for Node brings native code; this one is what a browser gets.
    const ort: typeof import('onnxruntime-web/wasm') = await import('onnxruntime-web/wasm')
    ort.env.wasm.numThreads = 1
    ort.env.logLevel = 'error'
    const session = await ort.InferenceSession.create(model.slice(), { executionProviders: ['wasm'] })
    const tensors = Object.fromEntries(
      [...feeds].map(([name, { dtype, shape, values }]) => [name, new ort.Tensor(TYPES[dtype], values, [...shape])]),
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
