import { placeBuffers } from './arena.ts'
import { callReads, callsOf, readsOf, writesOf } from './buffers.ts'
import { followersOf } from './followers.ts'
import type { WindowParams } from './kernels.ts'
import type { Namer } from './names.ts'
import { type Buffer, type Call, isConvolutionCall, type Step } from './plan.ts'
import { runningMaximum } from './running.ts'

type Strip = Extract<Step, { kind: 'strip' }>

/** Rows of the image that row `row` of the result reads: from `first` up to but without `end`, both inside the image. */
export function rowsRead(params: WindowParams, row: number): { first: number; end: number } {
  const top = row * params.strideY - params.padTop
  const end = top + (params.kernelHeight - 1) * params.dilationY + 1
  return { first: Math.min(Math.max(top, 0), params.inHeight), end: Math.min(Math.max(end, 0), params.inHeight) }
}

/** Rows that must be kept at once so that every row of the result finds what it reads. */
export const rowsKept = (params: WindowParams): number =>
  Math.min(params.inHeight, (params.kernelHeight - 1) * params.dilationY + 1)

/** Rows of its result that a call in a strip keeps, where they are fewer than all. */
export function rowsInRing({ params }: Call): number | undefined {
  if ('outRing' in params) return params.outRing < params.images * params.outHeight ? params.outRing : undefined
  return 'rowsKept' in params && params.rowsKept !== params.sizes[0] ? params.rowsKept : undefined
}

/** What a strip does, in order: for each row of the consumer, the producer's rows that come before it. */
export function* scheduleOf({ consumer }: Strip): Generator<{ row: number; first: number; end: number }> {
  const params = consumer.params as WindowParams
  let done = 0
  for (let row = 0; row < params.outHeight; row++) {
    const { first, end } = rowsRead(params, row)
    yield { row, first: Math.max(done, first), end: Math.max(done, end) }
    done = Math.max(done, end)
  }
}

/** How many rows of its result a windowed call computes at a time, in order. */
export function rowsAtOnce(step: Step, call: Call): readonly number[] {
  const { images, outHeight } = call.params as WindowParams
  if (step.kind === 'call') return [images * outHeight]
  if (call === step.consumer) return Array<number>(outHeight).fill(1)
  return [...scheduleOf(step)].map(({ first, end }) => end - first).filter(rows => rows > 0)
}

/**
 * Turns a convolution and the windowed op that alone reads its f32 or i32 image into a strip, wherever the workspace
 * does not grow by it. Largest images first: they set the size of the workspace. With a namer also maxima over
 * images, and then what reads a strip's result row by row.
 */
export function makeStrips(steps: readonly Step[], take?: Namer): Step[] {
  let best = [...steps]
  let bytes = placeBuffers(best).workspaceBytes
  const consider = (next: Step[] | undefined): void => {
    const size = next && placeBuffers(next).workspaceBytes
    if (!next || size === undefined || size > bytes) return
    best = next
    bytes = size
  }
  const pairs = soleReaders(steps)
  for (const [producer, consumer] of take ? pairs : []) {
    const running = runningMaximum(producer, consumer, take!)
    if (running) consider(replacePair(best, running))
  }
  const candidates = pairs.flatMap(([producer, consumer]) => ringed(producer, consumer))
  for (const strip of candidates.sort((a, b) => wholeImage(b) - wholeImage(a)))
    consider(replacePair(best, { ...strip, steps: [strip] }))
  for (const step of take ? best : []) if (step.kind === 'strip') consider(withFollowers(best, step))
  return best
}

const wholeImage = ({ producer, consumer }: Strip): number =>
  (consumer.params as WindowParams).inHeight * producer.y.length

/** Calls whose result one other call alone reads, with that call. */
function soleReaders(steps: readonly Step[]): (readonly [producer: Call, consumer: Call])[] {
  const calls = steps.flatMap(callsOf)
  const readers = new Map<Buffer, Call[]>()
  for (const call of calls)
    for (const buffer of new Set(callReads(call))) readers.set(buffer, [...(readers.get(buffer) ?? []), call])
  return calls.flatMap(producer => {
    const [consumer, ...others] = readers.get(producer.y) ?? []
    return consumer && others.length === 0 ? [[producer, consumer] as const] : []
  })
}

/** The pair with a ring between them, or nothing if they do not fit together or no row is saved. */
function ringed(producer: Call, consumer: Call): Strip[] {
  if (!isConvolutionCall(producer)) return []
  if (consumer.kernel !== 'conv2d' && consumer.kernel !== 'pool') return []
  const { y } = producer
  const { images, outHeight, outWidth, filters } = producer.params
  const { inHeight, inWidth } = consumer.params
  const operand = consumer.store.operands.some(({ buffer }) => buffer === y) || consumer.buffers.x !== y
  const sameImage = inHeight === outHeight && inWidth === outWidth && y.length === inHeight * inWidth * filters
  const rows = rowsKept(consumer.params)
  const saves = y.element !== 'u32' && y.place.kind === 'workspace' && rows < inHeight
  if (operand || !sameImage || !saves || images !== 1) return []
  const ring: Buffer = { ...y, length: rows * inWidth * filters }
  return [
    {
      kind: 'strip',
      producer: { ...producer, params: { ...producer.params, outRing: rows }, y: ring } as Call,
      consumer: {
        ...consumer,
        params: { ...consumer.params, inRing: rows },
        buffers: { ...consumer.buffers, x: ring },
      } as Call,
      followers: [],
    },
  ]
}

/** The new steps stand where the consumer stood. Nothing if one of the two is already part of a strip. */
function replacePair(
  steps: readonly Step[],
  pair: { readonly producer: Call; readonly consumer: Call; readonly steps: readonly Step[] },
): Step[] | undefined {
  const isCall = (step: Step, { name }: Call) => step.kind === 'call' && step.call.name === name
  const free = [pair.producer, pair.consumer].every(call => steps.some(step => isCall(step, call)))
  if (!free) return undefined
  return steps
    .filter(step => !isCall(step, pair.producer))
    .flatMap(step => (isCall(step, pair.consumer) ? pair.steps : [step]))
}

/** The strip with all that reads its result row by row, if nothing else does. */
function withFollowers(steps: readonly Step[], strip: Strip): Step[] | undefined {
  const { consumer } = strip
  const params = consumer.params as WindowParams
  if (params.images !== 1 || params.outHeight === 1 || strip.followers.length > 0) return undefined
  const at = steps.indexOf(strip)
  const written = new Set(steps.slice(0, at).flatMap(writesOf))
  const ready = (buffer: Buffer): boolean => buffer.place.kind === 'input' || written.has(buffer)
  const calls = steps.slice(at + 1).flatMap(step => (step.kind === 'call' ? [step.call] : []))
  const inStrips = steps.slice(at + 1).some(step => step.kind === 'strip' && readsOf(step).includes(consumer.y))
  const found = inStrips ? undefined : followersOf(consumer.y, params.outHeight, calls, ready)
  if (!found) return undefined
  const ring = found.rings.get(consumer.y)!
  const whole: Strip = {
    ...strip,
    consumer: { ...consumer, params: { ...params, outRing: 1 }, y: ring } as Call,
    followers: found.followers,
  }
  const moved = new Set(found.followers.map(({ name }) => name))
  return steps.flatMap(step =>
    step === strip ? [whole] : step.kind === 'call' && moved.has(step.call.name) ? [] : [step],
  )
}

/** Buffers of a kind that the steps read, in order of first use. */
export const constantsOf = (steps: readonly Step[]): Buffer[] => [
  ...new Set(steps.flatMap(readsOf).filter(({ place }) => place.kind === 'constant')),
]
