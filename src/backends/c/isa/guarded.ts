import { comment } from '../names.ts'
import { headText, type Parameter } from '../signature.ts'
import { type InstructionSet, targetOf } from './instruction-set.ts'

/** How a function begins that only exists where the compiler can make code for an instruction set. */
export const guarded = (
  set: Pick<InstructionSet, 'isa'>,
  name: string,
  parameters: readonly Parameter[],
  what: string,
  returns = 'void',
) => ({
  guard: targetOf(set),
  comment: comment([what]),
  head: headText(`${targetOf(set)} static ${returns}`, name, parameters),
})

export const withoutLanes = (parameters: readonly Parameter[]): Parameter[] =>
  parameters.filter(([, name]) => name !== 'lanes')
