import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import type { Port } from '../../plan/plan.ts'

/** Labels are for an output with a value for each, or for one that is an index. */
export function checkLabels(outputs: readonly Port[], labels: readonly string[] | undefined): void {
  if (!labels || outputs.some(({ dtype, shape }) => dtype !== 'f32' || shape.includes(labels.length))) return
  const sizes = outputs.map(({ name, shape }) => `'${name}' has [${shape.join(', ')}]`).join(', ')
  throw new CompileError(diagnostics.invalidOption('--labels', `${labels.length} names, but ${sizes}`))
}
