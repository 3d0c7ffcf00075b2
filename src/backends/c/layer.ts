import type { Operand, Store } from '../kernels.ts'
import type { Buffer, Call, Plan } from '../plan.ts'
import type { Constants } from './constants.ts'
import { printExpr } from './expr.ts'
import { comment, cType, indexText } from './names.ts'

/** What a kernel's printer needs besides the call. */
export interface Scope {
  readonly plan: Plan
  readonly constants: Constants
}

/** A buffer that a function is called with. Weights and constant operands are not passed: it reads them by symbol. */
export interface Parameter {
  readonly name: string
  readonly buffer: Buffer
  readonly written: boolean
}

/** A kernel's function: its template, what it says there, and what it is called with. */
export interface Layer {
  readonly template: string
  readonly context: object
  readonly parameters: readonly Parameter[]
}

/** How a store's operands are named in the function: by their symbol if constant, else by their letter. */
export const operandName = ({ buffer }: Operand, index: number, { constants }: Scope): string =>
  buffer.place.kind === 'constant' ? constants.symbolOf(buffer) : letter(index)

const letter = (index: number): string => (index < 20 ? String.fromCharCode(97 + index) : `operand_${index}`)

const firstArgument = ({ accumulator }: Store): number => (accumulator ? 1 : 0)

export const operandParameters = (store: Store): Parameter[] =>
  store.operands.flatMap(({ buffer }, k) =>
    buffer.place.kind === 'constant' ? [] : [{ name: letter(k + firstArgument(store)), buffer, written: false }],
  )

/** The parameters of a function: its own buffers under the given names, operands, y last. */
export const parametersOf = (call: Call, own: Readonly<Record<string, Buffer>>): Parameter[] => [
  ...Object.entries(own).map(([name, buffer]) => ({ name, buffer, written: false })),
  ...operandParameters(call.store),
  { name: 'y', buffer: call.y, written: true },
]

export const declare = ({ name, buffer, written }: Parameter): string =>
  `${written ? '' : 'const '}${cType[buffer.element]} *${name}`

/** The store's expression, its operands read at these loop variables (one per stride). */
export function storeText(store: Store, variables: readonly string[], scope: Scope): string {
  const shift = firstArgument(store)
  const names = store.operands.map((operand, k) => readText(operand, operandName(operand, k + shift, scope), variables))
  return printExpr(store, store.accumulator ? ['a', ...names] : names)
}

function readText({ dtype, strides }: Operand, name: string, variables: readonly string[]): string {
  if (dtype === 'i64') return `int_i64(${name}[${indexText(variables, strides)}])`
  if (dtype !== 'bit') return `${name}[${indexText(variables, strides)}]`
  const last = variables.at(-1)!
  const outer = indexText(variables.slice(0, -1), strides)
  if (strides.at(-1) === 0) return `(${name}[${outer}] & 1u)`
  const word = `(${last}) / 32`
  return `((${name}[${outer === '0' ? word : `${outer} + ${word}`}] >> ((${last}) % 32)) & 1u)`
}

/** Comment above a function: what it does, what is stored, where it came from. */
export function commentOf(call: Call, what: string, scope: Scope): string {
  const { store } = call
  const shift = firstArgument(store)
  const names = store.operands.map((operand, k) => operandName(operand, k + shift, scope))
  const plain = store.expr.fn === 'arg' && store.expr.index === 0 && store.accumulator
  const text = printExpr({ ...store, wraps: false }, store.accumulator ? ['a', ...names] : names)
  const legend = store.accumulator ? ', a being the result so far' : ''
  return comment([what, ...(plain ? [] : [`y = ${text}${legend}.`]), `ONNX: ${call.origin.join(', ')}`])
}
