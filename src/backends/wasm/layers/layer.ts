import { showExpr } from '../../../ir/expr.ts'
import type { Call } from '../../../plan/plan.ts'
import { inComment } from '../../print/foreign-text.ts'
import type { Templated } from '../../print/template.ts'
import type { Strategy } from '../../strategy.ts'

/** A kernel's function: its template and what it says there. */
export interface Layer extends Templated {
  /** A function that runs once per instance, before any other. */
  readonly prepare?: string
  /** Tables and counting, the cheaper first. */
  readonly strategies?: readonly Strategy[]
}

/** Comment above a function: what it does, what is stored, where it came from. */
export function commentOf({ store, kernel, origin }: Call, what: string): string {
  const plain = store.expr.fn === 'arg' && store.expr.index === 0 && store.accumulator
  const text = plain ? '' : ` y = ${showExpr(store.expr)}.`
  return `;; ${inComment(`${kernel}: ${what}${text} ONNX: ${origin.join(', ')}`)}`
}
