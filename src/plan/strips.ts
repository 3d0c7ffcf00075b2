import { placeBuffers } from './arena.ts'
import { callReads, readsOf } from './buffers.ts'
import type { WindowParams } from './kernels.ts'
import { type Buffer, type Call, isConvolutionCall, type Step } from './plan.ts'

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

/**
 * Turns a convolution and the windowed op that alone reads its f32 or i32 image into a strip, wherever the workspace
 * does not grow by it. Largest images first: they set the size of the workspace.
 */
export function makeStrips(steps: readonly Step[]): Step[] {
  let best = [...steps]
  let bytes = placeBuffers(best).workspaceBytes
  for (const strip of candidates(steps).sort((a, b) => wholeImage(b) - wholeImage(a))) {
    const next = replacePair(best, strip)
    const size = next && placeBuffers(next).workspaceBytes
    if (next && size !== undefined && size <= bytes) {
      best = next
      bytes = size
    }
  }
  return best
}

const wholeImage = ({ producer, consumer }: Strip): number =>
  (consumer.params as WindowParams).inHeight * producer.y.length

function candidates(steps: readonly Step[]): Strip[] {
  const calls = steps.flatMap(step => (step.kind === 'call' ? [step.call] : []))
  const readers = new Map<Buffer, Call[]>()
  for (const call of calls)
    for (const buffer of new Set(callReads(call))) readers.set(buffer, [...(readers.get(buffer) ?? []), call])
  return calls.flatMap(producer => {
    const [consumer, ...others] = readers.get(producer.y) ?? []
    return consumer && others.length === 0 ? ringed(producer, consumer) : []
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
    },
  ]
}

/** The strip stands where its consumer stood. Nothing if one of the two is already part of another strip. */
function replacePair(steps: readonly Step[], strip: Strip): Step[] | undefined {
  const isCall = (step: Step, { name }: Call) => step.kind === 'call' && step.call.name === name
  const free = [strip.producer, strip.consumer].every(call => steps.some(step => isCall(step, call)))
  if (!free) return undefined
  return steps.filter(step => !isCall(step, strip.producer)).map(step => (isCall(step, strip.consumer) ? strip : step))
}

/** Buffers of a kind that the steps read, in order of first use. */
export const constantsOf = (steps: readonly Step[]): Buffer[] => [
  ...new Set(steps.flatMap(readsOf).filter(({ place }) => place.kind === 'constant')),
]
