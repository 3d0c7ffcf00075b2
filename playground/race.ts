import { medianOf } from '../src/bench/measure.ts'
import { numbersOf, type Tensor } from '../src/ir/tensor.ts'
import type { Program } from './program.ts'
import type { Feeds, Race } from './protocol.ts'

const TYPES = { f32: 'float32', i32: 'int32', u8: 'uint8', i8: 'int8', i64: 'int64', bit: 'bool' } as const
/** Clocks of pages are coarse: a turn is long enough for one that counts tenths of a millisecond. */
const TURN = 25

/** Both on the same values, one thread each. onnxruntime-web is fetched here, and nowhere else. */
export async function openRace(model: Uint8Array, program: Program, feeds: Feeds): Promise<() => Promise<Race>> {
  const ort = await import('onnxruntime-web/wasm')
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  const session = await ort.InferenceSession.create(model.slice(), { executionProviders: ['wasm'] })
  const tensors = Object.fromEntries(
    [...feeds].map(([name, { dtype, shape, values }]) => [name, new ort.Tensor(TYPES[dtype], values, [...shape])]),
  )
  const theirs = await session.run(tensors)
  const ours = program.run(feeds)!
  const pairs = [...ours].flatMap(([name, tensor]) => compare(tensor, theirs[name]!.data as ArrayLike<number | bigint>))
  const times: { xnorc: number; onnxruntime: number }[] = []
  return async () => {
    const xnorc = await timed(program.again)
    times.push({ xnorc, onnxruntime: await timed(() => session.run(tensors)) })
    return {
      turns: times.length,
      xnorc: medianOf(times.map(each => each.xnorc)),
      onnxruntime: medianOf(times.map(each => each.onnxruntime)),
      difference: Math.max(0, ...pairs.map(([a, b]) => Math.abs(a - b))),
      largest: Math.max(0, ...pairs.map(([, b]) => Math.abs(b))),
    }
  }
}

/** Both values of every element. */
const compare = (tensor: Tensor, others: ArrayLike<number | bigint>): (readonly [number, number])[] =>
  numbersOf(tensor).map((value, k) => [value, Number(others[k])])

/** Microseconds per run, of as many as take a turn. */
export async function timed(run: () => unknown, turn = TURN): Promise<number> {
  const start = performance.now()
  let count = 0
  let batch = 1
  do {
    for (let k = 0; k < batch; k++) {
      const pending = run()
      if (pending instanceof Promise) await pending
    }
    count += batch
    // The clock is asked seldom, since runs may be as short as asking.
    if (performance.now() - start < turn / 8) batch *= 2
  } while (performance.now() - start < turn)
  return ((performance.now() - start) * 1000) / count
}
