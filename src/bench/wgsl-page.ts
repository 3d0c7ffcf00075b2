import type { Plan } from '../plan/plan.ts'

const ARRAYS = {
  f32: 'Float32Array',
  i32: 'Int32Array',
  u8: 'Uint8Array',
  i8: 'Int8Array',
  i64: 'BigInt64Array',
  bit: 'Uint32Array',
}
const TENSORS = { f32: 'float32', i32: 'int32', u8: 'uint8', i8: 'int8', i64: 'int64', bit: 'uint32' }

/** What the page runs: both programs take turns, so that a busy machine slows both alike. */
export const pageScript = (plan: Plan, batches: readonly number[], seconds: number): string => `
import { load } from './${plan.name}.js'

const inputs = ${JSON.stringify(plan.inputs.map(port => ({ name: port.name, shape: port.shape, length: port.buffer.length, array: ARRAYS[port.dtype], tensor: TENSORS[port.dtype] })))}
const batches = ${JSON.stringify(batches)}
const seconds = ${seconds}

/** Values of a fixed pattern between -1 and 1, or small whole numbers. */
const feedsOf = batch =>
  Object.fromEntries(
    inputs.map(({ name, length, array }) => {
      const value = i => {
        if (array === 'Float32Array') return ((i * 7919) % 199) / 100 - 1
        return array === 'BigInt64Array' ? BigInt(i % 100) : i % 100
      }
      return [name, globalThis[array].from({ length: length * batch }, (_, i) => value(i))]
    }),
  )

async function loadOnnxruntime() {
  try {
    const ort = await import('./ort/ort.webgpu.min.mjs')
    ort.env.wasm.wasmPaths = new URL('./ort/', location.href).href
    ort.env.wasm.numThreads = 1
    ort.env.logLevel = 'error'
    const session = await ort.InferenceSession.create('./model.onnx', { executionProviders: ['webgpu'] })
    return { ort, session }
  } catch (error) {
    console.warn('onnxruntime-web: ' + error)
    return undefined
  }
}

function onnxruntimeRun({ ort, session }, batch) {
  const feeds = feedsOf(batch)
  const tensors = Object.fromEntries(
    inputs.map(({ name, shape, tensor }) => [name, new ort.Tensor(tensor, feeds[name], [shape[0] * batch, ...shape.slice(1)])]),
  )
  return async () => {
    const outputs = await session.run(tensors)
    for (const output of Object.values(outputs)) await output.getData()
  }
}

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** Medians of runs that take turns; a run that fails has none. */
async function alternate(runs) {
  const times = runs.map(() => [])
  const alive = await Promise.all(runs.map(async run => run().then(() => true, () => false)))
  const end = performance.now() + 1000 * seconds * runs.length
  do {
    for (const [k, run] of runs.entries()) {
      if (!alive[k]) continue
      const start = performance.now()
      await run()
      times[k].push(performance.now() - start)
    }
  } while (performance.now() < end)
  return times.map((list, k) => (alive[k] ? median(list) : undefined))
}

async function timed(make) {
  const start = performance.now()
  const made = await make()
  return [made, performance.now() - start]
}

async function bench() {
  const adapter = await navigator.gpu?.requestAdapter()
  const { vendor, architecture, description } = adapter?.info ?? {}
  const [model, xnorcLoad] = await timed(() => load({ maxBatch: Math.max(...batches) }))
  const [theirs, ortLoad] = await timed(loadOnnxruntime)
  const rows = []
  for (const batch of batches) {
    const feeds = feedsOf(batch)
    const runs = [() => model.run(feeds), ...(theirs ? [onnxruntimeRun(theirs, batch)] : [])]
    const [xnorc, onnxruntimeWeb] = await alternate(runs)
    rows.push({ batch, xnorc, onnxruntimeWeb, ratio: onnxruntimeWeb && onnxruntimeWeb / xnorc })
  }
  const kernels = await model.time(feedsOf(1)).catch(() => [])
  return {
    adapter: [vendor, architecture, description].filter(Boolean).join(', '),
    load: { xnorc: xnorcLoad, onnxruntimeWeb: theirs && ortLoad },
    batches: rows,
    kernels: kernels.map(({ kernel, nodes, microseconds }) => ({ kernel, nodes, milliseconds: microseconds / 1000 })),
  }
}

bench().then(
  result => { globalThis.result = JSON.stringify(result) },
  error => { globalThis.result = JSON.stringify({ error: String(error) }) },
)
`
