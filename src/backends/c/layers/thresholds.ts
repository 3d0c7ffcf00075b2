import { isArg } from '../../../ir/expr.ts'
import type { DType } from '../../../ir/tensor.ts'
import type { Store } from '../../../plan/kernels.ts'
import type { Scope } from './layer.ts'

/** The symbol of the thresholds, where all that is stored is whether sums of a type reach one threshold per filter. */
export function thresholdsOf({ expr, operands }: Store, type: DType, { constants }: Scope): string | undefined {
  const [threshold] = operands
  if (expr.fn !== 'ge' || !isArg(expr.args[0]!, 0) || !isArg(expr.args[1]!, 1) || threshold?.dtype !== type)
    return undefined
  const isPerFilter = threshold.strides.join() === '0,0,1' && threshold.buffer.place.kind === 'constant'
  return isPerFilter ? constants.symbolOf(threshold.buffer) : undefined
}
