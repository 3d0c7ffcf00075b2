import type { Builder } from '../builder.ts'
import type { Choices } from '../choices.ts'

/** How an operator enters a network: it takes values that are there, and adds nodes. */
export interface Rule {
  readonly make: (b: Builder, c: Choices) => void
  /** How often, beside others. */
  readonly weight: number
  /** Operator sets that have it in a form that is generated. */
  readonly since: number
}

export type Rules<Op extends string = string> = Readonly<Record<Op, Rule>>

export const rule = (make: Rule['make'], since = 6, weight = 2): Rule => ({ make, since, weight })
