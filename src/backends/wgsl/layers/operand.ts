import type { Operand } from '../../../plan/kernels.ts'
import type { Element } from '../../../plan/plan.ts'
import type { Module } from '../../module.ts'
import { intI64 } from '../functions.ts'
import { indexText, vectorType } from '../names.ts'
import { sampleStride } from './layer.ts'

/** Where an operand lies: binding, element it starts at there, and the indices of a result. */
export interface OperandPlace {
  readonly name: string
  readonly offset: number
  /** How it lies there: words, where operands of several types share a buffer. */
  readonly element: Element
  readonly position: readonly string[]
}

/** The value that an operand has for one result; bits as bool. */
export function readOne(operand: Operand, place: OperandPlace, use: Module['use']): string {
  const { dtype, strides } = operand
  const last = place.position.at(-1)!
  if (dtype !== 'bit') {
    const value = `${place.name}[${indexOf(operand, place)}]`
    if (dtype === 'i64') return `${use(intI64)}(${value})`
    const isCast = place.element === 'u32' && (dtype === 'f32' || dtype === 'i32')
    return isCast ? `bitcast<${dtype}>(${value})` : value
  }
  if (strides.at(-1) === 0) return `(${place.name}[${wordOf(operand, place, '')}] & 1) != 0`
  return `((${place.name}[${wordOf(operand, place, `${last} / 32`)}] >> u32(${last} % 32)) & 1) != 0`
}

/** Columns that a value may take behind its name. */
const MOST_COLUMNS = 100

/** The values for four results that follow each other along the last index. */
export function readFour(operand: Operand, place: OperandPlace, aligned: boolean, use: Module['use']): string {
  const { dtype, strides } = operand
  const last = place.position.at(-1)!
  const step = strides.at(-1)!
  const type = vectorType[dtype]
  if (step === 0) return `${type}(${readOne(operand, place, use)})`
  const next = (j: number): string => (dtype === 'bit' ? `(${last} + ${j})` : `${last} + ${j}`)
  const shifted = (j: number): OperandPlace =>
    j === 0 ? place : { ...place, position: [...place.position.slice(0, -1), next(j)] }
  if (dtype === 'bit' && aligned) {
    const word = `${place.name}[${wordOf(operand, place, `${last} / 32`)}]`
    return `(vec4u(${word} >> u32(${last} % 32)) & vec4u(1, 2, 4, 8)) != vec4u()`
  }
  const values = [0, 1, 2, 3].map(j => readOne(operand, shifted(j), use))
  const line = `${type}(${values.join(', ')})`
  return line.length < MOST_COLUMNS ? line : `${type}(\n    ${values.join(',\n    ')},\n  )`
}

const stepsOf = ({ buffer, strides }: Operand): number[] => [sampleStride(buffer), ...strides]

const indexOf = (operand: Operand, { position, offset }: OperandPlace): string =>
  indexText(['sample', ...position], stepsOf(operand), offset)

/** Index of a packed word: the last index counts bits, the others words. */
function wordOf(operand: Operand, { position, offset }: OperandPlace, word: string): string {
  const outer = indexText(['sample', ...position.slice(0, -1)], stepsOf(operand), offset)
  if (word === '') return outer
  return outer === '0' ? word : `${outer} + ${word}`
}
