// @ts-check
// Runs in a page, beside the generated code and settings.json: both programs take turns, so that a busy machine slows both alike.

/**
 * @typedef {object} Input
 * @property {string} name
 * @property {number[]} shape
 * @property {number} length of one sample
 * @property {'Float32Array' | 'Int32Array' | 'Uint32Array' | 'Uint8Array' | 'Int8Array' | 'BigInt64Array'} array
 * @property {string} tensor its type in onnxruntime
 */
/** @typedef {{ loader: string, inputs: Input[], batches: number[], seconds: number }} Settings */
/** @typedef {() => Promise<unknown>} Run */

const settings = await (await fetch('./settings.json')).json()
const { loader, inputs, batches, seconds } = /** @type {Settings} */ (settings)
const { load } = await import(loader)

/**
 * Values of a fixed pattern between -1 and 1, or small whole numbers.
 * @param {number} batch
 */
const feedsOf = batch =>
  Object.fromEntries(
    inputs.map(({ name, length, array }) => {
      /** @type {(i: number) => number | bigint} */
      const value = i => {
        if (array === 'Float32Array') return ((i * 7919) % 199) / 100 - 1
        return array === 'BigInt64Array' ? BigInt(i % 100) : i % 100
      }
      const { from } = /** @type {{ from(list: object, value: (_: unknown, i: number) => unknown): object }} */ (
        globalThis[array]
      )
      return [name, from.call(globalThis[array], { length: length * batch }, (_, i) => value(i))]
    }),
  )

async function loadOnnxruntime() {
  try {
    // A name that no type checker follows: it is served where it is installed.
    const name = './ort/ort.webgpu.min.mjs'
    const ort = await import(name)
    ort.env.wasm.wasmPaths = new URL('./ort/', import.meta.url).href
    ort.env.wasm.numThreads = 1
    ort.env.logLevel = 'error'
    const session = await ort.InferenceSession.create('./model.onnx', { executionProviders: ['webgpu'] })
    return { ort, session }
  } catch (error) {
    console.warn(`onnxruntime-web: ${error}`)
    return undefined
  }
}

/**
 * @param {NonNullable<Awaited<ReturnType<typeof loadOnnxruntime>>>} loaded
 * @param {number} batch
 * @returns {Run}
 */
function onnxruntimeRun({ ort, session }, batch) {
  const feeds = feedsOf(batch)
  const tensors = Object.fromEntries(
    inputs.map(({ name, shape: [first = 1, ...rest], tensor }) => [
      name,
      new ort.Tensor(tensor, feeds[name], [first * batch, ...rest]),
    ]),
  )
  return async () => {
    for (const output of Object.values(await session.run(tensors))) await output.getData()
  }
}

/** @param {number[]} values */
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * Medians of runs that take turns; a run that fails has none.
 * @param {Run[]} runs
 */
async function alternate(runs) {
  const programs = await Promise.all(
    runs.map(async run => ({
      run,
      times: /** @type {number[]} */ ([]),
      works: await run().then(
        () => true,
        () => false,
      ),
    })),
  )
  const end = performance.now() + 1000 * seconds * runs.length
  do {
    for (const { run, times, works } of programs) {
      if (!works) continue
      const start = performance.now()
      await run()
      times.push(performance.now() - start)
    }
  } while (performance.now() < end)
  return programs.map(({ works, times }) => (works ? median(times) : undefined))
}

/**
 * @template T
 * @param {() => Promise<T>} make
 * @returns {Promise<[made: T, milliseconds: number]>}
 */
async function timed(make) {
  const start = performance.now()
  const made = await make()
  return [made, performance.now() - start]
}

async function bench() {
  const { gpu } = /** @type {{ gpu?: { requestAdapter(): Promise<{ info: Record<string, string> } | null> } }} */ (
    Reflect.get(globalThis, 'navigator')
  )
  const { vendor, architecture, description } = (await gpu?.requestAdapter())?.info ?? {}
  const [model, xnorcLoad] = await timed(() => load({ maxBatch: Math.max(...batches) }))
  const [theirs, ortLoad] = await timed(loadOnnxruntime)
  const rows = []
  for (const batch of batches) {
    const feeds = feedsOf(batch)
    const [xnorc, onnxruntimeWeb] = await alternate([
      () => model.run(feeds),
      ...(theirs ? [onnxruntimeRun(theirs, batch)] : []),
    ])
    rows.push({ batch, xnorc, onnxruntimeWeb, ratio: xnorc && onnxruntimeWeb && onnxruntimeWeb / xnorc })
  }
  /** @type {{ kernel: string, nodes: string, microseconds: number }[]} */
  const kernels = await model.time(feedsOf(1)).catch(() => [])
  return {
    adapter: [vendor, architecture, description].filter(Boolean).join(', '),
    load: { xnorc: xnorcLoad, onnxruntimeWeb: theirs && ortLoad },
    batches: rows,
    kernels: kernels.map(({ kernel, nodes, microseconds }) => ({ kernel, nodes, milliseconds: microseconds / 1000 })),
  }
}

const result = await bench().catch(error => ({ error: String(error) }))
Reflect.set(globalThis, 'result', JSON.stringify(result))
