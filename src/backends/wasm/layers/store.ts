import { wordsFor } from '../../../ir/bits.ts'
import { argsOf } from '../../../ir/expr.ts'
import type { Operand, Store } from '../../../plan/kernels.ts'
import { printExpr } from '../expr.ts'
import type { Scope } from '../scope.ts'
import { at, get, int, set, stepping, sum, times } from '../text.ts'

/** Channels that are computed and stored at once: two vectors, one byte of bits. */
export const BLOCK = 8

/** Up to eight neighbouring channels, from local `c` (a multiple of 8) on; a loop over all whole blocks, or the rest. */
export interface Block {
  readonly count: number
  readonly vectors: readonly number[]
  /** Where the loop over whole blocks ends; undefined for the rest. */
  readonly end: number | undefined
  readonly first: number
  readonly label: string
  /** What stands around the lines of whole blocks. */
  readonly loop: ReturnType<typeof stepping> | null
}

/** Over blocks from local `c` on; `end` is a text. */
export const blockLoop = (label: string, end: string) => stepping('c', label, BLOCK, end, get('c'))

/** A row of channels as whole blocks and a rest. */
export function blocksOf(channels: number): Block[] {
  const rest = channels % BLOCK
  const whole = channels - rest
  return [
    ...(whole > 0
      ? [
          {
            count: BLOCK,
            vectors: [0, 1],
            end: whole,
            first: 0,
            label: 'blocks',
            loop: whole > BLOCK ? blockLoop('blocks', int(whole)) : null,
          },
        ]
      : []),
    ...(rest > 0
      ? [{ count: rest, vectors: rest > 4 ? [0, 1] : [0], end: undefined, first: whole, label: 'rest', loop: null }]
      : []),
  ]
}

/** Bytes from one position to the next of `channels` values. */
export const positionBytes = ({ result }: Store, channels: number): number =>
  4 * (result === 'bit' ? wordsFor(channels) : channels)

/** Bytes of one step along an operand's stride; bits are stored in words. */
const stepBytes = ({ dtype }: Operand): number => (dtype === 'u8' || dtype === 'i8' ? 1 : dtype === 'i64' ? 8 : 4)

const isMoving = ({ strides }: Operand): boolean => strides.slice(0, -1).some(stride => stride !== 0)

/** Locals that the store needs, by type. */
export const storeLocals = ({ operands }: Store): readonly string[] => [
  ...operands.flatMap((operand, k) => [`(local $b${k} v128)`, ...(isMoving(operand) ? [`(local $p${k} i32)`] : [])]),
  '(local $r0 v128)',
  '(local $r1 v128)',
]

/** Sets a pointer for every operand that moves with the position; `indices` are texts, one per stride but the last. */
export const setPointers = ({ operands }: Store, indices: readonly string[]): readonly string[] =>
  operands.flatMap((operand, k) =>
    isMoving(operand)
      ? [
          set(
            `p${k}`,
            sum(
              indices.flatMap((index, axis) =>
                index === int(0) ? [] : times(index, operand.strides[axis]! * stepBytes(operand)),
              ),
            ),
          ),
        ]
      : [],
  )

/** Reads an operand at four channels from c + 4 · vector on. */
function readOperand(operand: Operand, k: number, vector: number, scope: Scope): string {
  const base = scope.addressOf(operand.buffer)
  const pointer = isMoving(operand) ? [get(`p${k}`)] : []
  const step = operand.strides.at(-1)!
  const c = get('c')
  const wide = (lane: number) => at('i64.load', [...pointer, ...times(c, 8)], base + 32 * vector + 8 * lane)
  switch (operand.dtype) {
    case 'f32':
    case 'i32':
      if (step === 0) return at('v128.load32_splat', pointer, base)
      return at('v128.load', [...pointer, ...times(c, 4)], base + 16 * vector)
    case 'u8':
    case 'i8': {
      const sign = operand.dtype === 'u8' ? 'u' : 's'
      if (step === 0) return `(i32x4.splat ${at(`i32.load8_${sign}`, pointer, base)})`
      return `(i32x4.extend_low_i16x8_${sign} (i16x8.extend_low_i8x16_${sign} ${at('v128.load32_zero', [...pointer, c], base + 4 * vector)}))`
    }
    case 'bit': {
      const byte = at('i32.load8_u', step === 0 ? pointer : [...pointer, `(i32.shr_u ${c} ${int(3)})`], base)
      const mask = step === 0 ? '1 1 1 1' : vector === 0 ? '1 2 4 8' : '16 32 64 128'
      return `(i32x4.ne (v128.and (i32x4.splat ${byte}) (v128.const i32x4 ${mask})) (v128.const i32x4 0 0 0 0))`
    }
    case 'i64':
      return step === 0
        ? `(i32x4.splat ${clamped(at('i64.load', pointer, base))})`
        : [1, 2, 3].reduce(
            (lanes, lane) => `(i32x4.replace_lane ${lane} ${lanes} ${clamped(wide(lane))})`,
            `(i32x4.splat ${clamped(wide(0))})`,
          )
  }
}

/** A 64-bit integer clamped to 32 bits. */
const clamped = (value: string): string => `(i32.trunc_sat_f64_s (f64.convert_i64_s ${value}))`

/** Lines that compute and store a block. `accumulators` are texts of its vectors; `y` is the address of channel 0. */
export function storeBlock(
  store: Store,
  { count, vectors }: Pick<Block, 'count' | 'vectors'>,
  accumulators: readonly string[],
  scope: Scope,
  y = get('y'),
): readonly string[] {
  const lines: string[] = []
  const shift = store.accumulator ? 1 : 0
  const used = new Set(argsOf(store.expr))
  for (const vector of vectors) {
    store.operands.forEach((operand, k) => {
      if (used.has(k + shift)) lines.push(set(`b${k}`, readOperand(operand, k, vector, scope)))
    })
    const names = store.operands.map((_, k) => get(`b${k}`))
    const args = store.accumulator ? [accumulators[vector]!, ...names] : names
    lines.push(set(`r${vector}`, printExpr(store, args, scope.use)))
  }
  if (store.result === 'bit') return [...lines, storeBits(count, vectors, y)]
  return [...lines, ...vectors.flatMap(vector => storeLanes(count - 4 * vector, vector, y))]
}

function storeBits(count: number, vectors: readonly number[], y: string): string {
  const [low, high] = vectors.map(vector => `(i32x4.bitmask ${get(`r${vector}`)})`)
  const byte = high ? `(i32.or ${low} (i32.shl ${high} ${int(4)}))` : low!
  const masked = count === 8 || (count === 4 && !high) ? byte : `(i32.and ${byte} ${int((1 << count) - 1)})`
  return at('i32.store8', [y, `(i32.shr_u ${get('c')} ${int(3)})`], 0, masked)
}

function storeLanes(count: number, vector: number, y: string): string[] {
  const terms = [y, ...times(get('c'), 4)]
  const value = get(`r${vector}`)
  const lane = (op: string, index: number, offset: number) =>
    `(v128.${op} offset=${16 * vector + offset} ${index} ${sum(terms)} ${value})`
  if (count >= 4) return [at('v128.store', terms, 16 * vector, value)]
  return [
    ...(count >= 2 ? [lane('store64_lane', 0, 0)] : []),
    ...(count % 2 === 1 ? [lane('store32_lane', count - 1, 4 * (count - 1))] : []),
  ]
}

/** Bytes of a position's last word that no block of bits writes. */
export function clearTail(store: Store, channels: number, y = get('y')): readonly string[] {
  if (store.result !== 'bit') return []
  const written = Math.ceil(channels / BLOCK)
  const lines: string[] = []
  for (let byte = written; byte < 4 * wordsFor(channels); byte++) lines.push(at('i32.store8', [y], byte, int(0)))
  return lines
}
