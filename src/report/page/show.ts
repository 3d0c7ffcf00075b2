import { format } from 'd3-format'
import { type DType, elements, type Shape } from '../../ir/tensor.ts'
import type { Report, Stage } from '../report.ts'

export const count = format(',')
export const percent = (share: number): string =>
  `${(100 * share).toFixed(share > 0.0995 && share < 1 ? 1 : share === 0 || share === 1 ? 0 : 2)} %`
const three = format('.3~g')
const large = format('.3~s')

/** 0.0123, 12.5, 1,200, 4.5M: three digits. */
export function figure(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 1e5) return count(value).replace('−', '-')
  return (size >= 1e4 || size < 1e-3 ? (size < 1e-3 ? value.toExponential(1) : large(value)) : three(value)).replace(
    '−',
    '-',
  )
}

/** `32 × 32 × 192`, without the batch of one. */
export const sizes = (shape: Shape): string =>
  (shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape).map(size => count(size)).join(' × ') || '1'

export const kinds: Readonly<Record<DType, string>> = {
  bit: 'bits',
  f32: 'floats',
  i32: 'integers',
  u8: 'bytes',
  i8: 'bytes',
  i64: 'indices',
}

/** What a stage does, in words. */
const verbs: Readonly<Record<string, string>> = {
  input: 'input',
  map: 'elementwise',
  conv2d: 'convolution of floats',
  binaryConv2d: 'convolution of bits',
  integerConv2d: 'convolution of bytes',
  pool: 'pooling',
  reduce: 'reduction',
  gather: 'rows of a table',
  transpose: 'layout',
  reshape: 'layout',
  concat: 'joined',
  slice: 'part',
  pad: 'padding',
}

export function verbOf({ op, shape, kMap }: Stage): string {
  if (kMap) return op === 'conv2d' ? 'K map: mean of a window' : 'K map: mean of channels'
  const dense = op.endsWith('onv2d') && shape.length === 4 && shape[1] === 1 && shape[2] === 1
  return dense ? verbs[op]!.replace('convolution', 'dense layer') : (verbs[op] ?? op)
}

/** What classes are called: by their numbers, where there are no names for the values of the first output. */
export const classNames = ({ labels, outputs }: Report): ((k: number) => string) =>
  labels && labels.length === elements(outputs[0]!.shape) ? k => labels[k]! : String

/** `3 /conv2/Conv`: how a stage is called everywhere on the page. */
export const titleOf = (report: Report, stage: number): string => `${stage} · ${report.stages[stage]!.name}`
