import type { Buffer, Call } from '../../../plan/plan.ts'
import { watFloat } from '../../print/literals.ts'
import { templated } from '../../print/template.ts'
import type { Scope } from '../scope.ts'
import { at, counting, get, int, stepping, sum, times } from '../text.ts'
import { loopsOver } from './elementwise.ts'
import { commentOf, type Layer } from './layer.ts'

type Element = Buffer['element']

const BYTES: Readonly<Record<Element, number>> = { f32: 4, i32: 4, u32: 4, u8: 1, i8: 1, i64: 8 }

/** Values are moved as integers: no float is changed on its way. */
const LOADS: Readonly<Record<Element, string>> = {
  f32: 'i32.load',
  i32: 'i32.load',
  u32: 'i32.load',
  u8: 'i32.load8_u',
  i8: 'i32.load8_s',
  i64: 'i64.load',
}
const STORES: Readonly<Record<Element, string>> = {
  f32: 'i32.store',
  i32: 'i32.store',
  u32: 'i32.store',
  u8: 'i32.store8',
  i8: 'i32.store8',
  i64: 'i64.store',
}

export function gatherLayer(call: Call<'gather'>, scope: Scope): Layer {
  const { params, buffers, y } = call
  const rowBytes = params.length * BYTES[y.element]
  const wide = buffers.indices.element === 'i64'
  const index = at(wide ? 'i64.load' : 'i32.load', times(get('i'), wide ? 8 : 4), scope.addressOf(buffers.indices))
  return {
    ...templated('wasm/kernels/gather.wat', {
      name: call.name,
      comment: commentOf(call, `${params.count} rows of ${params.rows}; 1 if an index is outside.`),
      type: wide ? 'i64' : 'i32',
      index,
      row: wide ? `(i32.wrap_i64 ${get('index')})` : get('index'),
      table: scope.addressOf(buffers.table),
      y: scope.addressOf(y),
      rows: params.rows,
      eachIndex: counting('i', 'indices', params.count),
      ...runContext(rowBytes),
      rowBytes,
    }),
  }
}

/** How a run of bytes is copied: in vectors, then what is left, the largest pieces first. */
function runContext(bytes: number) {
  const whole = bytes - (bytes % 16)
  const rest: string[] = []
  const pieces = [8, 4, 2, 1] as const
  const loads = { 8: 'i64.load', 4: 'i32.load', 2: 'i32.load16_u', 1: 'i32.load8_u' } as const
  const stores = { 8: 'i64.store', 4: 'i32.store', 2: 'i32.store16', 1: 'i32.store8' } as const
  let offset = whole
  for (const piece of pieces)
    for (; offset + piece <= bytes; offset += piece)
      rest.push(at(stores[piece], [get('to')], offset, at(loads[piece], [get('from')], offset)))
  return { whole, eachVector: counting('b', 'vectors', whole, 16), rest }
}

export function fillLayer(call: Call<'fill'>, scope: Scope): Layer {
  const { y, params } = call
  const base = scope.addressOf(y)
  const value = y.element === 'f32' ? `(f32.const ${watFloat(params.value)})` : int(params.value)
  return {
    ...templated('wasm/kernels/fill.wat', {
      name: call.name,
      comment: commentOf(call, `all ${y.length} = ${params.value}.`),
      y: base,
      eachElement:
        y.length > 1
          ? stepping('y', 'elements', BYTES[y.element], int(base + y.length * BYTES[y.element]), get('y'))
          : null,
      store: `(${y.element === 'f32' ? 'f32.store' : STORES[y.element]} ${get('y')} ${y.element === 'i64' ? `(i64.const ${params.value})` : value})`,
    }),
  }
}

export function copyLayer(call: Call<'copy'>, scope: Scope): Layer {
  const { params, buffers, y } = call
  const { sizes, from, fromStrides, to, toStrides } = params
  const bytes = BYTES[y.element]
  const address = (start: number, strides: readonly number[], indices: readonly string[], base: number) =>
    sum(
      indices.flatMap((index, axis) => stepped(index, strides[axis]! * bytes)),
      base + start * bytes,
    )
  const isRun = fromStrides.at(-1) === 1 && toStrides.at(-1) === 1
  const { loops, closing, indices } = loopsOver(isRun ? sizes.slice(0, -1) : sizes, 'i')
  const context = {
    name: call.name,
    comment: commentOf(call, `[${sizes.join('][')}] from steps [${fromStrides}] to steps [${toStrides}].`),
    loops,
    closing,
    from: address(from, fromStrides, indices, scope.addressOf(buffers.x)),
    to: address(to, toStrides, indices, scope.addressOf(y)),
  }
  return isRun
    ? templated('wasm/kernels/copy-runs.wat', { ...context, ...runContext(sizes.at(-1)! * bytes) })
    : templated('wasm/kernels/copy.wat', { ...context, load: LOADS[y.element], store: STORES[y.element] })
}

export function copyBitsLayer(call: Call<'copyBits'>, scope: Scope): Layer {
  const { params, buffers, y } = call
  const { sizes, from, fromStrides, to, toStrides } = params
  const { loops, closing, indices } = loopsOver(sizes, 'i')
  const bit = (start: number, strides: readonly number[]) =>
    sum(
      indices.flatMap((index, axis) => stepped(index, strides[axis]!)),
      start,
    )
  return {
    ...templated('wasm/kernels/copy-bits.wat', {
      name: call.name,
      comment: commentOf(call, `[${sizes.join('][')}] from steps [${fromStrides}] to steps [${toStrides}].`),
      loops,
      closing,
      from: bit(from, fromStrides),
      to: bit(to, toStrides),
      x: scope.addressOf(buffers.x),
      y: scope.addressOf(y),
    }),
  }
}

/** Steps of a copy may go backwards. */
const stepped = (text: string, step: number): readonly string[] =>
  step < 0 ? [`(i32.mul ${text} ${int(step)})`] : times(text, step)
