import { showExpr } from '../../../ir/expr.ts'
import type { DType } from '../../../ir/tensor.ts'
import type { Operand, Store } from '../../../plan/kernels.ts'
import type { Buffer, Call } from '../../../plan/plan.ts'
import { printExpr, printFloat, printInt } from '../expr.ts'
import { comment, scalarType, storedType, vectorType } from '../names.ts'
import type { Binder, Data, Scope } from './layer.ts'
import { readFour, readOne } from './operand.ts'
import { MOST_BINDINGS } from './pack.ts'

/** The function that turns an accumulator (and operands at one position) into what is stored. */
export interface ValueFunction {
  readonly name: string
  /** Its definition. */
  readonly text: string
  /** Parameters before `sample` and the position: the accumulator, if there is one. */
  readonly takesAccumulator: boolean
  readonly bits: boolean
}

/** One result at a time, or those of four channels that follow each other; `aligned` ones start at multiples of 4. */
export type Width = 'one' | 'four' | 'aligned four'

/**
 * Prints a store as a function `(a, sample, …position)`. `own` is how many storage buffers the kernel has besides the
 * store's operands: where those would be too many, constants are joined in one.
 */
export function valueFunction(
  call: Call,
  position: readonly string[],
  scope: Scope,
  binder: Binder,
  own: number,
  width: Width = 'one',
): ValueFunction {
  const { store } = call
  const takesAccumulator = store.accumulator !== undefined
  const types = width === 'one' ? scalarType : vectorType
  const reads = operandReads(store, position, scope, binder, MOST_BINDINGS - own, width)
  const parameters = [
    ...(store.accumulator ? [`a: ${types[store.accumulator]}`] : []),
    ...['sample', ...position].map(name => `${name}: i32`),
  ]
  const name = scope.name('value')
  const names = [...(takesAccumulator ? ['a'] : []), ...reads.map(({ text }) => text)]
  const lines = [
    `fn ${name}(${parameters.join(', ')}) -> ${types[store.result]} {`,
    ...reads.flatMap(({ line }) => (line ? [`  ${line}`] : [])),
    `  return ${printExpr(store.expr, argumentTypes(store), names, scope.use, width !== 'one')};`,
    '}',
  ]
  return { name, text: lines.join('\n'), takesAccumulator, bits: store.result === 'bit' }
}

export const argumentTypes = ({ accumulator, operands }: Store): DType[] => [
  ...(accumulator ? [accumulator] : []),
  ...operands.map(({ dtype }) => dtype),
]

interface Read {
  /** What the expression says. */
  readonly text: string
  /** The statement before it, if the value is not a literal. */
  readonly line?: string
}

function operandReads(
  store: Store,
  position: readonly string[],
  scope: Scope,
  binder: Binder,
  available: number,
  width: Width,
): Read[] {
  const first = store.accumulator ? 1 : 0
  const join = joinConstants(store, scope, binder, available)
  return store.operands.map((operand, k) => {
    const literal = literalOf(operand, scope)
    if (literal) return { text: width === 'one' ? literal : `${vectorType[operand.dtype]}(${literal})` }
    const text = letter(first + k)
    const { buffer } = operand
    const bound = join?.(operand) ?? {
      name: binder.read(`operand_${text}`, buffer),
      offset: scope.offsetOf(operand),
      element: buffer.element,
    }
    const place = { ...bound, position }
    const value =
      width === 'one'
        ? readOne(operand, place, scope.use)
        : readFour(operand, place, width === 'aligned four', scope.use)
    return { text, line: `let ${text} = ${value};` }
  })
}

/** A constant of one element is part of the text. */
function literalOf({ buffer, dtype, strides }: Operand, { use }: Scope): string | undefined {
  if (buffer.place.kind !== 'constant' || buffer.length !== 1) return undefined
  if (dtype === 'bit' && strides.at(-1) !== 0) return undefined
  const [value] = buffer.place.data as Float32Array
  if (dtype === 'bit') return `${(value! & 1) === 1}`
  if (dtype === 'f32') return printFloat(value!, use)
  return dtype === 'i32' ? printInt(value!) : undefined
}

const letter = (index: number): string => (index < 8 ? String.fromCharCode(97 + index) : `operand_${index}`)

/** One buffer of words for the constants of a store that has more operands than a kernel may bind. */
function joinConstants(store: Store, scope: Scope, binder: Binder, available: number) {
  const bound = [...new Set(store.operands.filter(operand => !literalOf(operand, scope)).map(({ buffer }) => buffer))]
  if (bound.length <= available) return undefined
  const offsets = new Map<Buffer, number>()
  let length = 0
  for (const buffer of bound.filter(({ place }) => place.kind === 'constant')) {
    offsets.set(buffer, length)
    length += buffer.length
  }
  const words = new Uint32Array(length)
  for (const [buffer, offset] of offsets) {
    const data = dataOf(buffer)
    words.set(new Uint32Array(data.buffer, data.byteOffset, data.length), offset)
  }
  const key = `${scope.entry} operands`
  const name = binder.readArranged('operands', { key, data: words }, storedType.u32)
  return ({ buffer }: Operand) => {
    const offset = offsets.get(buffer)
    return offset === undefined ? undefined : { name, offset, element: 'u32' as const }
  }
}

/** The neutral data of a constant. */
export function dataOf({ name, place }: Buffer): Data {
  if (place.kind !== 'constant') throw new Error(`'${name}' is no constant`)
  return place.data instanceof Uint8Array ? Uint32Array.from(place.data) : place.data
}

/** Comment above a kernel: what it does, what is stored, where it came from. */
export function commentOf(call: Call, what: string): string {
  const { store } = call
  const plain = store.expr.fn === 'arg' && store.expr.index === 0 && store.accumulator !== undefined
  const legend = store.accumulator ? ', a being the result so far' : ''
  const names = store.operands.map(({ buffer }, k) => `${letter((store.accumulator ? 1 : 0) + k)} = ${buffer.name}`)
  const value = `y = ${showExpr(store.expr)}${legend}${names.length > 0 ? `, ${names.join(', ')}` : ''}.`
  return comment([what, ...(plain ? [] : [value]), `ONNX: ${call.origin.join(', ')}`])
}
