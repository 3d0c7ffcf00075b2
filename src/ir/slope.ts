import { type Expr, evaluator } from './expr.ts'
import type { DType } from './tensor.ts'

export type Slope = 'rising' | 'falling' | 'constant' | 'unknown'

const flip = (slope: Slope): Slope => (slope === 'rising' ? 'falling' : slope === 'falling' ? 'rising' : slope)

/** Slope of something that rises with both. */
function both(a: Slope, b: Slope): Slope {
  if (a === 'constant' || a === b) return b
  return b === 'constant' ? a : 'unknown'
}

/**
 * Whether an expression provably rises or falls (weakly) with argument 0 while the others have these values.
 * f32 rounding is monotone, so what holds in reals holds after rounding too.
 */
export function slopeOf(expr: Expr, values: ArrayLike<number>, types: readonly DType[]): Slope {
  if (expr.fn === 'number') return 'constant'
  if (expr.fn === 'arg') return expr.index === 0 ? 'rising' : 'constant'
  const slopes = expr.args.map(part => slopeOf(part, values, types))
  const [a, b] = slopes as [Slope, Slope]
  if (slopes.every(slope => slope === 'constant')) return 'constant'
  const factor = (index: number) => evaluator(expr.args[index]!, types)(values)
  const scaled = (slope: Slope, by: number): Slope => (by > 0 ? slope : by < 0 ? flip(slope) : 'constant')
  switch (expr.fn) {
    case 'add':
    case 'max':
    case 'min':
    case 'and':
    case 'or':
      return both(a, b)
    case 'sub':
    case 'ge':
    case 'gt':
      return both(a, flip(b))
    case 'mul':
      if (b === 'constant') return scaled(a, factor(1))
      return a === 'constant' ? scaled(b, factor(0)) : 'unknown'
    case 'div':
      return b === 'constant' && factor(1) !== 0 ? scaled(a, factor(1)) : 'unknown'
    case 'xor':
      if (b === 'constant') return factor(1) ? flip(a) : a
      return a === 'constant' ? (factor(0) ? flip(b) : b) : 'unknown'
    case 'neg':
    case 'not':
      return flip(a)
    case 'float':
    case 'sqrt':
    case 'exp':
    case 'log':
    case 'tanh':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'sign':
      return a
    case 'abs':
    case 'pow':
    case 'eq':
    case 'select':
      return 'unknown'
  }
}
