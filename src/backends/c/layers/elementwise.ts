import { wordsFor } from '../../../ir/bits.ts'
import type { Reduction } from '../../../ir/ops.ts'
import { stridesOf } from '../../../ir/tensor.ts'
import type { ByRows, Store } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import type { Layout } from '../constants/index.ts'
import { addI32, maxF32, maxI32, minF32, minI32, sumRunF32 } from '../functions/plain.ts'
import { indexText, scalarType } from '../names.ts'
import { body, commentOf, type Layer, operandName, parametersOf, type Scope, storeText } from './layer.ts'

/** Nested loops over these sizes, `i`, `j`, … or with a prefix; two spaces deeper each. The first goes by a strip's rows. */
export function loopsOver(sizes: readonly number[], prefix = '', depth = 1, byRows = false) {
  const names = sizes.length <= 4 ? ['i', 'j', 'k', 'l'] : sizes.map((_, axis) => `i${axis}`)
  const loops = sizes.map((size, axis) => ({
    start: byRows && axis === 0 ? 'first_row' : '0',
    size: byRows && axis === 0 ? 'end_row' : size,
    index: `${prefix}${names[axis]}`,
    indent: '  '.repeat(depth + axis),
  }))
  return { loops, indices: loops.map(({ index }) => index), indent: '  '.repeat(depth + sizes.length) }
}

/** Where a result of these sizes is written, and, for bits, the loops around its packed rows. */
function resultContext({ sizes, rowsKept }: ByRows & { readonly sizes: readonly number[] }, bits: boolean) {
  const channels = sizes.at(-1)!
  const { loops, indices, indent } = loopsOver(bits ? sizes.slice(0, -1) : sizes, '', 1, rowsKept !== undefined)
  const memory = bits ? [...sizes.slice(0, -1), wordsFor(channels)] : sizes
  const whole = channels % 32 === 0
  const [row, ...within] = stridesOf(memory)
  return {
    variables: bits ? [...indices, 'first + lane'] : indices,
    context: {
      bits,
      loops,
      indent,
      close: `${indent}}`,
      channels,
      laneCount: whole ? '32' : channels < 32 ? `${channels}` : `(first + 32 > ${channels} ? ${channels % 32} : 32)`,
      yIndex: indexText(bits ? [...indices, 'first / 32'] : indices, [rowsKept === 1 ? 0 : row!, ...within]),
    },
  }
}

export function mapLayer(call: Call<'map'>, scope: Scope): Layer {
  const { params, store } = call
  const { variables, context } = resultContext(params, store.result === 'bit')
  const title = `Elementwise over [${params.sizes.join('][')}].`
  const value = storeText(store, variables, scope, shortName)
  return {
    ...body('c/kernels/map.c', { ...context, comment: commentOf(call, title, scope, shortName), value }),
    ...(params.rowsKept === undefined ? {} : { byRows: true }),
    parameters: parametersOf(call, {}),
  }
}

/** Integer constants that fit 16 bits take no more: thresholds of sums, which a quantiser has many of. */
const shortName: typeof operandName = (operand, index, scope) => {
  const { place, element } = operand.buffer
  const isShort =
    place.kind === 'constant' && element === 'i32' && place.data.every(value => value === (value << 16) >> 16)
  return isShort ? scope.constants.symbolOf(operand.buffer, SHORT) : operandName(operand, index, scope)
}

const SHORT: Layout = { layout: '16 bits', arrange: data => Int16Array.from(data) }

const extremes = { max: { f32: maxF32, i32: maxI32 }, min: { f32: minF32, i32: minI32 } } as const

/** What becomes of `reduced` with the next value. */
function stepOf(kind: Reduction, { accumulator, wraps }: Store, value: string, { use }: Scope): string {
  if (kind === 'max' || kind === 'min')
    return `${use(extremes[kind][accumulator === 'i32' ? 'i32' : 'f32'])}(reduced, ${value})`
  return wraps ? `${use(addI32)}(reduced, ${value})` : `reduced + ${value}`
}

/** Numbers that are added up in several lanes: so many that one after the other would take longer. */
const LONG_RUN = 64

const isLongRun = ({ params: { kind, innerSizes, innerStrides }, store }: Call<'reduce'>): boolean =>
  (kind === 'mean' || kind === 'sum') &&
  store.accumulator === 'f32' &&
  innerSizes.length === 1 &&
  innerSizes[0]! >= LONG_RUN &&
  innerStrides[0] === 1

export function reduceLayer(call: Call<'reduce'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { kind, innerSizes, innerStrides } = params
  const integer = store.accumulator === 'i32'
  const bits = store.result === 'bit'
  const { variables, context } = resultContext(params, bits)
  const inner = `${context.indent}${bits ? '    ' : '  '}`
  const nested = loopsOver(innerSizes, 'r', inner.length / 2)
  const count = innerSizes.reduce((a, b) => a * b, 1)
  const title = `${kind} over [${innerSizes.join('][')}] for each of [${params.sizes.join('][')}].`
  const lowest = integer ? '(-2147483647 - 1)' : '-INFINITY'
  const highest = integer ? '2147483647' : 'INFINITY'
  return {
    ...body('c/kernels/reduce.c', {
      ...context,
      open: `${context.indent}{`,
      comment: commentOf(call, title, scope),
      inner,
      innerLoops: nested.loops,
      innermost: nested.indent,
      xIndex: indexText(variables, params.strides),
      run: isLongRun(call) ? `${scope.use(sumRunF32)}(from, ${count})` : '',
      start: kind === 'max' ? lowest : kind === 'min' ? highest : integer ? '0' : '0.0f',
      step: stepOf(kind, store, `from[${indexText(nested.indices, innerStrides)}]`, scope),
      sumType: scalarType(store.accumulator ?? 'f32'),
      sum: kind === 'mean' ? `reduced / ${count}.0f` : 'reduced',
      value: storeText(store, variables, scope),
    }),
    ...(params.rowsKept === undefined ? {} : { byRows: true }),
    parameters: parametersOf(call, { x: buffers.x }),
  }
}
