import type { Operand, Store } from '../../../plan/kernels.ts'
import type { Buffer, Call, Plan } from '../../../plan/plan.ts'
import type { Module } from '../../module.ts'
import type { ContextOf, Exactly, Templated, TemplateName } from '../../print/template.ts'
import type { Contexts } from '../../print/template-contexts.generated.ts'
import type { Strategy } from '../../strategy.ts'
import type { Constants } from '../constants/index.ts'
import { printExpr } from '../expr.ts'
import type { Choice, Chosen } from '../functions/choice.ts'
import { intI64 } from '../functions/plain.ts'
import type { InstructionSet } from '../isa/instruction-set.ts'
import { comment, cType, indexText } from '../names.ts'
import type { Parameter } from '../signature.ts'

/** What a kernel's printer needs besides the call. */
export interface Scope {
  readonly plan: Plan
  readonly constants: Constants
  /** Asks the module for a function. */
  readonly use: Module['use']
  /** The function that these instruction sets have for a block; `use` is what brings it into the module. */
  readonly choose: (choice: Choice) => Chosen
  /** Instruction sets that there are functions for, the best first. */
  readonly sets: readonly InstructionSet[]
}

/** A buffer that a function is called with. Weights and constant operands are not passed: it reads them by symbol. */
export interface BufferParameter {
  readonly name: string
  readonly buffer: Buffer
  readonly written: boolean
}

/** A kernel's function: its template, what it says there besides its head, and what it is called with. */
export interface Layer extends Templated {
  readonly parameters: readonly BufferParameter[]
  /** Whether it works on some rows of its result, from `first_row` to `end_row`. */
  readonly byRows?: true
  /** The same in another way, which some instruction sets take where `TABLES` is. */
  readonly tables?: TablesLayer
  /** Where no instruction counts bits: tables and counting, the cheaper first. */
  readonly strategies?: readonly Strategy[]
  /** What it returns, if anything. */
  readonly returns?: 'int'
}

/** A function with the parameters of its layer, which calls it. */
export interface TablesLayer extends Templated {
  readonly name: string
  /** Whether only some instruction sets take it, so that the layer must be told which one runs. */
  readonly asksIsa: boolean
}

/** The template of a layer, and what it says there besides its head. */
export const body = <N extends TemplateName, C extends ContextOf<N, 'head'>>(
  template: N,
  context: Exactly<C, Exclude<keyof Contexts[N], 'head'>>,
): Templated => ({ template, context })

/** How a store's operands are named in the function: by their symbol if constant, else by their letter. */
export const operandName = ({ buffer }: Operand, index: number, { constants }: Pick<Scope, 'constants'>): string =>
  buffer.place.kind === 'constant' ? constants.symbolOf(buffer) : letter(index)

const letter = (index: number): string => (index < 20 ? String.fromCharCode(97 + index) : `operand_${index}`)

const firstArgument = ({ accumulator }: Store): number => (accumulator ? 1 : 0)

export const operandParameters = (store: Store): BufferParameter[] =>
  store.operands.flatMap(({ buffer }, k) =>
    buffer.place.kind === 'constant' ? [] : [{ name: letter(k + firstArgument(store)), buffer, written: false }],
  )

/** The parameters of a function: its own buffers under the given names, operands, y last. */
export const parametersOf = (call: Call, own: Readonly<Record<string, Buffer>>): BufferParameter[] => [
  ...Object.entries(own).map(([name, buffer]) => ({ name, buffer, written: false })),
  ...operandParameters(call.store),
  { name: 'y', buffer: call.y, written: true },
]

export const declare = ({ name, buffer, written }: BufferParameter): Parameter => [
  `${written ? '' : 'const '}${cType[buffer.element]} *`,
  name,
]

/** The store's expression, its operands read at these loop variables (one per stride). */
export function storeText(store: Store, variables: readonly string[], scope: Scope, nameOf = operandName): string {
  const shift = firstArgument(store)
  const names = store.operands.map((operand, k) =>
    readText(operand, nameOf(operand, k + shift, scope), variables, scope),
  )
  return printExpr(store, store.accumulator ? ['a', ...names] : names, scope.use)
}

function readText({ dtype, strides }: Operand, name: string, variables: readonly string[], { use }: Scope): string {
  if (dtype === 'i64') return `${use(intI64)}(${name}[${indexText(variables, strides)}])`
  if (dtype !== 'bit') return `${name}[${indexText(variables, strides)}]`
  const last = variables.at(-1)!
  const outer = indexText(variables.slice(0, -1), strides)
  if (strides.at(-1) === 0) return `(${name}[${outer}] & 1u)`
  const word = `(${last}) / 32`
  return `((${name}[${outer === '0' ? word : `${outer} + ${word}`}] >> ((${last}) % 32)) & 1u)`
}

/** Comment above a function: what it does, what is stored, where it came from. */
export function commentOf(call: Call, what: string, scope: Scope, nameOf = operandName): string {
  const { store } = call
  const shift = firstArgument(store)
  const names = store.operands.map((operand, k) => nameOf(operand, k + shift, scope))
  const plain = store.expr.fn === 'arg' && store.expr.index === 0 && store.accumulator
  const args = store.accumulator ? ['a', ...names] : names
  const text = printExpr({ ...store, wraps: false }, args, scope.use)
  const legend = store.accumulator ? ', a being the result so far' : ''
  return comment([what, ...(plain ? [] : [`y = ${text}${legend}.`]), `ONNX: ${call.origin.join(', ')}`])
}
