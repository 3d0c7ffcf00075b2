import { showBytes } from './show.ts'

/** What the code may take, in bytes. */
export interface Budget {
  readonly maxFlash?: number
  readonly maxRam?: number
}

/** What is taken of it, and by what. */
export interface Demand {
  readonly bytes: number
  readonly parts: readonly { readonly name: string; readonly bytes: number }[]
}

/** The code takes more than it may. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
}

const NAMED = 3

/** Throws a BudgetError that names what takes most, where a budget is exceeded. */
export function checkBudget(
  { maxFlash, maxRam }: Budget,
  needs: { readonly flash: Demand; readonly ram: Demand },
): void {
  const reasons = [
    ...exceeded('flash', '--max-flash', maxFlash, needs.flash),
    ...exceeded('RAM', '--max-ram', maxRam, needs.ram),
  ]
  if (reasons.length > 0) throw new BudgetError(reasons.join('; '))
}

function exceeded(what: string, option: string, most: number | undefined, { bytes, parts }: Demand): string[] {
  if (most === undefined || bytes <= most) return []
  const largest = [...parts].sort((a, b) => b.bytes - a.bytes).slice(0, NAMED)
  const names = largest.map(part => `'${part.name}' ${showBytes(part.bytes)}`).join(', ')
  return [`${what}: ${bytes} bytes are more than ${option} ${most}; most take ${names}`]
}
