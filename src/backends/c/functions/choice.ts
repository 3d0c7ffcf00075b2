import type { Isa } from '../../backend.ts'
import type { GeneratedFunction, Module, Probe } from '../../module.ts'
import { templated } from '../../print/template.ts'
import { constantOf, type InstructionSet, targetOf, type Variant } from '../isa/instruction-set.ts'
import { comment } from '../names.ts'
import { headText, type Parameter, wrapped } from '../signature.ts'

/** A function that instruction sets may have their own of: what it is called with, and which one each has. */
export interface Choice {
  readonly name: string
  readonly returns: 'void' | 'int'
  readonly parameters: readonly Parameter[]
  /** Filters of a whole block. */
  readonly width: number
  readonly pick: (set: InstructionSet) => Variant | undefined
  /** How the function is measured; `call` is its text with these values for its parameters. */
  readonly probe?: (call: (values: Arguments) => string) => Probe
}

export interface Chosen {
  readonly fn: GeneratedFunction
  /** Whether its first argument is the instruction set. */
  readonly takesIsa: boolean
  /** Its other parameters. */
  readonly parameters: readonly Parameter[]
  /** Which function runs with which instruction set, the best first. */
  readonly variants: readonly { readonly isa: Isa; readonly name: string }[]
}

/** Values for parameters, by their names. */
export type Arguments = Readonly<Record<string, string | number>>

/** The only function that these sets have, which is the portable one; or one that picks by the instruction set. */
export function choose(choice: Choice, sets: readonly InstructionSet[]): Chosen {
  const { parameters, pick, probe } = choice
  const variants = sets.flatMap(set => {
    const variant = pick(set)
    return variant ? [{ set, variant }] : []
  })
  const named = variants.map(({ set: { isa }, variant: { fn } }) => ({ isa, name: fn.name }))
  const portable = variants.pop()!.variant.fn
  const takesIsa = variants.length > 0
  const fn = takesIsa ? dispatcher(choice, variants, portable) : portable
  const call = (values: Arguments): string => `${fn.name}(${argumentsOf({ takesIsa, parameters }, values).join(', ')})`
  return { fn: probe ? { ...fn, probe: probe(call) } : fn, takesIsa, parameters, variants: named }
}

const argumentsOf = (
  { takesIsa, parameters }: Pick<Chosen, 'takesIsa' | 'parameters'>,
  values: Arguments,
): string[] => [...(takesIsa ? ['isa'] : []), ...parameters.map(([, name]) => `${values[name]}`)]

/** `if (…)` with a call as its condition, so many columns from the left. */
export const conditionText = (
  chosen: Chosen,
  values: Arguments,
  column: number,
  { use }: Pick<Module, 'use'>,
): string => wrapped(`if (${use(chosen.fn)}(`, argumentsOf(chosen, values), '))', ' '.repeat(column))

/** A statement that calls it, so many columns from the left. */
export const callText = (chosen: Chosen, values: Arguments, column: number, { use }: Pick<Module, 'use'>): string =>
  wrapped(`${use(chosen.fn)}(`, argumentsOf(chosen, values), ');', ' '.repeat(column))

function dispatcher(
  { name, returns, parameters, width }: Choice,
  variants: readonly { readonly set: InstructionSet; readonly variant: Variant }[],
  portable: GeneratedFunction,
): GeneratedFunction {
  const full = `${name}_with`
  const names = parameters.map(([, name]) => name)
  const statement = (callee: string, args: readonly string[], margin: string): string =>
    wrapped(`${returns === 'int' ? 'return ' : ''}${callee}(`, args, ');', margin)
  return {
    name: full,
    ...templated('c/functions/dispatch.c', {
      comment: comment([`${portable.name}, or what an instruction set has instead.`]),
      head: headText(`static INLINE ${returns}`, full, [['enum isa ', 'isa'], ...parameters]),
      returns: returns === 'int',
      variants: variants.map(({ set, variant: { fn, whole } }) => ({
        target: targetOf(set),
        condition: `isa == ${constantOf(set)}${whole ? ` && lanes == ${width}` : ''}`,
        statement: statement(fn.name, whole ? names.filter(name => name !== 'lanes') : names, '    '),
      })),
      otherwise: statement(portable.name, names, '  '),
    }),
    needs: [...variants.map(({ variant }) => variant.fn), portable],
  }
}
