import type { Evaluated } from './bounded.ts'
import type { Aligned } from './follow.ts'

/** Values for each unknown of the fit that make a wrong one sure. */
const PER_UNKNOWN = 4

/**
 * A value of a few bits against its planes, whatever their factors: those that fit best, as a value is a sum of planes times
 * factors plus a constant. Beside it by half of a step it is another value.
 */
export function alignPlanes({ tensor, open }: Evaluated, planes: readonly ((index: number) => number)[]): Aligned {
  const decided = Array.from({ length: tensor.values.length }, (_, index) => index).filter(index => !open.has(index))
  const rowOf = (index: number) => [1, ...planes.map(bitAt => bitAt(index))]
  const expected = (index: number) => Number(tensor.values[index])
  const factors = leastSquares(decided.map(rowOf), decided.map(expected))
  const valueAt = (index: number) => rowOf(index).reduce((sum, bit, i) => sum + bit * factors[i]!, 0)
  const levels = [...new Set(decided.map(expected))].sort((a, b) => a - b)
  const step = levels.slice(1).reduce((least, level, i) => Math.min(least, level - levels[i]!), Infinity)
  const wrong = decided.filter(index => Math.abs(valueAt(index) - expected(index)) > step / 2)
  return { valueAt, wrong, isSure: decided.length >= PER_UNKNOWN * (planes.length + 1) }
}

/** Factors of columns by the normal equations; 0 for a column that says nothing new. */
function leastSquares(rows: readonly (readonly number[])[], wanted: readonly number[]): number[] {
  const size = rows[0]?.length ?? 0
  const system = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size + 1 }, (_, j) =>
      rows.reduce((sum, row, k) => sum + row[i]! * (j < size ? row[j]! : wanted[k]!), 0),
    ),
  )
  const pivots: number[] = []
  for (let i = 0; i < size; i++) {
    const pivot = system[i]![i]!
    if (pivot < 1e-6) continue
    pivots.push(i)
    for (const [k, row] of system.entries()) {
      const share = row[i]! / pivot
      if (k !== i)
        row.forEach((_, j) => {
          row[j]! -= share * system[i]![j]!
        })
    }
  }
  return system.map((row, i) => (pivots.includes(i) ? row[size]! / row[i]! : 0))
}
