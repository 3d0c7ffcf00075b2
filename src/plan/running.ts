import { arg, call as fn } from '../ir/expr.ts'
import type { Namer } from './names.ts'
import { type Buffer, type Call, type ConvolutionCall, isConvolutionCall, type Step } from './plan.ts'
import { turnedCall } from './turn.ts'

/** Pixels that are made before the maximum takes them: as many as fill the blocks of any kernel. */
const PIXELS = 16

/** With fewer parts there is little to save. */
const FEWEST = 4

/** What a convolution and the maximum over all of its image become. */
export interface Running {
  readonly producer: Call
  readonly consumer: Call
  /** In place of the two. */
  readonly steps: readonly Step[]
}

/**
 * A maximum over a whole image keeps no image: some rows are made, their maximum joins that of all before, and what
 * the pool stores is a map at the end. An image of one row is turned, so that its columns are rows.
 */
export function runningMaximum(producer: Call, consumer: Call, take: Namer): Running | undefined {
  if (!isConvolutionCall(producer) || consumer.kernel !== 'pool' || !seesAll(consumer)) return undefined
  const { y, store } = producer
  const flat = producer.params.outHeight === 1
  const made = flat ? asColumn(producer) : producer
  if (!made || consumer.buffers.x !== y || y.place.kind !== 'workspace' || y.element === 'u32') return undefined
  if (consumer.store.operands.some(({ buffer }) => buffer === y) || made.params.images !== 1) return undefined
  const { outHeight: inHeight, outWidth: inWidth, filters: channels } = made.params
  const rows = Math.ceil(PIXELS / inWidth)
  const windows = Math.ceil(inHeight / rows)
  if (windows < FEWEST) return undefined
  const accumulator = store.result
  const partOf = (role: string): Buffer => ({ ...y, name: take(`${consumer.name}_${role}`, 'pool'), length: channels })
  const [some, running] = [partOf('rows'), partOf('running')]
  const ring: Buffer = { ...y, length: rows * inWidth * channels }
  const { origin } = consumer
  const pool: Call<'pool'> = {
    ...consumer,
    name: take(`${consumer.name}_some`, 'pool'),
    buffers: { x: ring },
    params: {
      ...consumer.params,
      ...{ inHeight, inWidth, outHeight: windows, outWidth: 1, inRing: rows, outRing: 1 },
      ...{ kernelHeight: rows, kernelWidth: inWidth, strideY: rows, strideX: 1, dilationY: 1, dilationX: 1 },
    },
    store: { kind: 'value', expr: arg(0), accumulator, operands: [], result: accumulator, wraps: false },
    y: some,
  }
  const read = (buffer: Buffer, strides: readonly number[]) => ({ buffer, dtype: accumulator, strides })
  const join: Call<'map'> = {
    kernel: 'map',
    name: take(`${consumer.name}_join`, 'map'),
    origin,
    buffers: {},
    params: { sizes: [windows, channels], rowsKept: 1 },
    store: {
      kind: 'value',
      expr: fn('max', arg(0), arg(1)),
      accumulator: undefined,
      operands: [read(running, [0, 1]), read(some, [0, 1])],
      result: accumulator,
      wraps: false,
    },
    y: running,
  }
  const lowest = accumulator === 'i32' ? -(2 ** 31) : -Infinity
  const start: Call<'fill'> = {
    kernel: 'fill',
    name: take(`${consumer.name}_start`, 'fill'),
    origin,
    buffers: {},
    params: { value: lowest },
    store: { kind: 'value', expr: arg(0), accumulator, operands: [], result: accumulator, wraps: false },
    y: running,
  }
  const others = consumer.store.operands.map(operand => ({ ...operand, strides: operand.strides.slice(-1) }))
  const finish: Call<'map'> = {
    ...{ kernel: 'map', name: consumer.name, origin, buffers: {}, params: { sizes: [channels] }, y: consumer.y },
    store: { ...consumer.store, kind: 'value', accumulator: undefined, operands: [read(running, [1]), ...others] },
  }
  const strip = {
    kind: 'strip',
    producer: { ...made, params: { ...made.params, outRing: rows }, y: ring } as Call,
    consumer: pool,
    followers: [join],
  } as const
  return {
    producer,
    consumer,
    steps: [{ kind: 'call', call: start }, strip, { kind: 'call', call: finish }],
  }
}

/** Whether the one window of a maximum is the whole image. */
const seesAll = ({ params }: Call<'pool'>): boolean =>
  params.kind === 'max' &&
  params.images * params.outHeight * params.outWidth === 1 &&
  params.padTop === 0 &&
  params.padLeft === 0 &&
  params.kernelHeight === params.inHeight &&
  params.kernelWidth === params.inWidth

/** A convolution of one row as one of one column. */
function asColumn(call: ConvolutionCall): ConvolutionCall | undefined {
  const { params } = call
  if (params.inHeight * params.kernelHeight !== 1 || params.padTop !== 0) return undefined
  return turnedCall(call)
}
