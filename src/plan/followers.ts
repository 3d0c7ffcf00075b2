import { callReads } from './buffers.ts'
import type { Operand } from './kernels.ts'
import type { Buffer, Call, Follower } from './plan.ts'

/** A walk over [rows, ...] of a result: how far a row is apart from the next in what is read, and within a row. */
interface Walk {
  readonly sizes: readonly number[]
  readonly strides: readonly (readonly number[])[]
}

/**
 * What may be done with each row of `y` at once, as soon as it is made, in order: maps and reductions that go by its
 * rows, and those that go by theirs. All of y's readers must be among them; then y is a ring of one row. `ready` says
 * what is written before.
 */
export function followersOf(
  y: Buffer,
  rows: number,
  calls: readonly Call[],
  ready: (buffer: Buffer) => boolean,
): { followers: Follower[]; rings: ReadonlyMap<Buffer, Buffer> } | undefined {
  const followers: Follower[] = []
  const rings = new Map<Buffer, Buffer>()
  const take = (made: Buffer): boolean => {
    const readers = calls.filter(call => callReads(call).includes(made))
    const ring = { ...made, length: made.length / rows }
    const fits = readers.every(call => {
      const others = callReads(call).filter(buffer => buffer !== made)
      return others.every(buffer => buffer.place.kind === 'constant' || ready(buffer)) && byRows(call, rows, made, ring)
    })
    if (made.place.kind !== 'workspace' || made.element === 'u32' || readers.length === 0 || !fits) return false
    rings.set(made, ring)
    for (const call of readers) {
      const follower = byRows(call, rows, made, ring)!
      const at = followers.push(follower) - 1
      if (take(call.y)) {
        const y = rings.get(call.y)!
        followers[at] = { ...follower, params: { ...follower.params, rowsKept: 1 }, y } as Follower
      }
    }
    return true
  }
  return take(y) ? { followers, rings } : undefined
}

/** The call with the rows as its first axis, of which it finds one at a time in the ring; nothing if it goes otherwise. */
function byRows(call: Call, rows: number, whole: Buffer, ring: Buffer): Follower | undefined {
  if (call.kernel !== 'map' && call.kernel !== 'reduce') return undefined
  const operands = call.store.operands
  const own = call.kernel === 'reduce' ? [call.params.strides] : []
  const bits = call.store.result === 'bit' || operands.some(({ dtype }) => dtype === 'bit')
  const strides = [...own, ...operands.map(operand => operand.strides)]
  const walk = splitRows({ sizes: call.params.sizes, strides }, rows, bits)
  if (!walk) return undefined
  const inner = call.kernel === 'reduce' ? reachOf(call.params.innerSizes, call.params.innerStrides) : 0
  const inRing = (strides: readonly number[], isX: boolean): readonly number[] | undefined => {
    const [row, ...within] = strides as [number, ...number[]]
    const last = reachOf(walk.sizes.slice(1), within) + (isX ? inner : 0)
    return row === ring.length && last < ring.length ? [0, ...within] : undefined
  }
  const inRows = walk.strides.map((each, k) => {
    const isX = k < own.length
    const buffer = isX ? (call as Call<'reduce'>).buffers.x : operands[k - own.length]!.buffer
    return buffer === whole ? inRing(each, isX) : each
  })
  if (!inRows.every(each => each !== undefined)) return undefined
  const swap = (buffer: Buffer): Buffer => (buffer === whole ? ring : buffer)
  const store = {
    ...call.store,
    operands: operands.map(
      (operand, k): Operand => ({ ...operand, buffer: swap(operand.buffer), strides: inRows[k + own.length]! }),
    ),
  }
  const params = { ...call.params, sizes: walk.sizes, rowsKept: rows }
  return call.kernel === 'map'
    ? { ...call, params, store }
    : {
        ...call,
        params: { ...params, strides: inRows[0]! } as typeof call.params,
        buffers: { x: swap(call.buffers.x) },
        store,
      }
}

const reachOf = (sizes: readonly number[], strides: readonly number[]): number =>
  sizes.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 0)

/** The same walk with an axis of so many rows in front. Channels of bits stay an axis of their own. */
function splitRows({ sizes, strides }: Walk, rows: number, bits: boolean): Walk | undefined {
  const [first, ...rest] = sizes as [number, ...number[]]
  const each = first / rows
  if (!Number.isInteger(each) || (bits && rest.length === 0)) return undefined
  if (each === 1 && rest.length > 0) return { sizes, strides }
  return { sizes: [rows, each, ...rest], strides: strides.map(([row, ...within]) => [row! * each, row!, ...within]) }
}
