import { splitWeights } from '../../../ir/integer-sums.ts'
import type { Buffer, Call } from '../../../plan/plan.ts'
import { startSums, type TapKinds } from '../../../plan/tap-kinds.ts'
import type { Scope } from '../scope.ts'
import { at, get, int, set, sum } from '../text.ts'
import type { Arithmetic } from './arithmetic.ts'
import { arrangeConvolution } from './arrange.ts'
import { rowOf } from './windows.ts'

/**
 * A product of a byte with a weight of 23 bits is one of two pairs of 16 bits: (byte · 2^shift, byte) and (coarse, fine),
 * which i32x4.dot_i16x8_s multiplies and adds for four filters at once.
 */
export function integersOf({ buffers, params, name }: Call<'integerConv2d'>, scope: Scope): Arithmetic {
  const { coarse, fine, shift } = splitWeights(dataOf(buffers.weights))
  const pairs = coarse.map((weight, i) => (weight & 0xffff) | (fine[i]! << 16))
  const { rows, columns, values } = startSums(dataOf(buffers.offsets), params)
  const starts = scope.place(`${buffers.offsets.name}_starts`, values)
  const kindBytes = 4 * params.filters
  // Byte offsets of the starts, by row and by column.
  const table = ({ kinds, kindOf }: TapKinds, role: string, step: number): number | undefined =>
    kinds.length === 1
      ? undefined
      : scope.place(
          `${name}_${role}`,
          Uint32Array.from(kindOf, kind => kind * step),
        )
  const byRow = table(rows, 'rows', columns.kinds.length * kindBytes)
  const byColumn = table(columns, 'columns', kindBytes)
  const row = params.images === 1 ? rowOf(params) : `(i32.rem_u ${get('row')} ${int(params.outHeight)})`
  const ofRow = byRow === undefined ? [] : [at('i32.load', [`(i32.shl ${row} ${int(2)})`], byRow)]
  const ofColumn = (p: number): string[] =>
    byColumn === undefined ? [] : [at('i32.load', [`(i32.shl ${get('column')} ${int(2)})`], byColumn + 4 * p)]
  return {
    accumulator: 'i32',
    widened: `(i32.mul ${get('turn')} ${int(65536 + 2 ** shift)})`,
    arrange: (weights, own) => arrangeConvolution({ ...weights, place: { kind: 'constant', data: pairs } }, own),
    startRow: [set('starts', sum(ofRow, starts))],
    start: (p, accumulators) => [
      set('from', sum([get('starts'), ...ofColumn(p), `(i32.shl ${get('c')} ${int(2)})`])),
      ...accumulators.map((accumulator, v) => set(accumulator, at('v128.load', [get('from')], 16 * v))),
    ],
    sum: (total, x, weights) => `(i32x4.add ${total} (i32x4.dot_i16x8_s ${x} ${weights}))`,
  }
}

function dataOf({ name, place }: Buffer): Int32Array {
  if (place.kind !== 'constant') throw new Error(`'${name}' is no constant`)
  return place.data as Int32Array
}
