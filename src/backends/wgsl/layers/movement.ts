import type { CopyParams } from '../../../plan/kernels.ts'
import type { Buffer, Call } from '../../../plan/plan.ts'
import { printFloat } from '../expr.ts'
import { indexText, storedType } from '../names.ts'
import { decodeItem, itemGrid, THREADS } from './elementwise.ts'
import { createBinder, type Layer, type Scope, sampleStride, unbound } from './layer.ts'
import { commentOf } from './value.ts'

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

const base = ({ entry }: Scope, items: number) => ({ entry, threads: THREADS, items })

export function gatherLayer(call: Call<'gather'>, scope: Scope): Layer {
  const { table, indices } = call.buffers
  const { count, rows, length } = call.params
  const binder = createBinder(scope)
  const items = count * length
  const wide = indices.element === 'i64'
  const title = `Rows of a table: ${count} of ${rows}, ${length} ${storedType[table.element]} each.`
  return {
    ...unbound('wgsl/kernels/gather.wgsl', {
      ...base(scope, items),
      comment: commentOf(call, title),
      table: binder.read('table', table),
      indices: binder.read('indices', indices),
      y: binder.write(call.y),
      decode: decodeItem([count, length], ['at', 'column']),
      index: indexText(['sample', 'at'], [sampleStride(indices), 1]),
      from: indexText(['sample', 'row', 'column'], [sampleStride(table), length, 1]),
      wide,
      rows,
      faults: binder.faults(),
      fault: scope.fault,
    }),
    bindings: binder.all(),
    grid: itemGrid(items),
  }
}

export function fillLayer(call: Call<'fill'>, scope: Scope): Layer {
  const binder = createBinder(scope)
  return {
    ...unbound('wgsl/kernels/fill.wgsl', {
      ...base(scope, call.y.length),
      comment: commentOf(call, `Every element becomes ${call.params.value}.`),
      y: binder.write(call.y),
      value: fillText(call.y, call.params.value, scope),
    }),
    bindings: binder.all(),
    grid: itemGrid(call.y.length),
  }
}

function fillText({ element }: Buffer, value: number, { use }: Scope): string {
  if (element === 'f32') return printFloat(value, use)
  return element === 'i64'
    ? `vec2u(${value >>> 0}u, ${value < 0 ? '0xffffffffu' : '0u'})`
    : `${storedType[element]}(${value})`
}

export function copyLayer(call: Call<'copy'>, scope: Scope): Layer {
  const { sizes, from, fromStrides, to, toStrides } = call.params
  const { x } = call.buffers
  const binder = createBinder(scope)
  const names = sizes.map((_, axis) => `i${axis}`)
  const items = product(sizes)
  const moved = `${binder.read('x', x)}[${indexText(['sample', ...names], [sampleStride(x), ...fromStrides], from)}]`
  const isCast = call.y.element === 'u32' && (x.element === 'f32' || x.element === 'i32')
  return {
    ...unbound('wgsl/kernels/copy.wgsl', {
      ...base(scope, items),
      comment: commentOf(call, `Moves [${sizes.join('][')}] from steps [${fromStrides}] to steps [${toStrides}].`),
      y: binder.write(call.y),
      decode: decodeItem(sizes, names),
      // Operands of several types may share a buffer of words.
      value: isCast ? `bitcast<u32>(${moved})` : moved,
      to: indexText(['sample', ...names], [call.y.length, ...toStrides], to),
    }),
    bindings: binder.all(),
    grid: itemGrid(items),
  }
}

/**
 * One invocation for each word of y that bits go to, so that no two write the same word: for every bit of it, the
 * position it comes from is found by dividing through the steps of y, largest first.
 */
export function copyBitsLayer(call: Call<'copyBits'>, scope: Scope): Layer {
  const { params, buffers, y } = call
  const { from, to } = params
  const axes = nestedAxes(params, scope)
  const binder = createBinder(scope)
  const first = Math.floor(to / 32)
  const last = Math.floor((to + axes.reduce((sum, { size, toStep }) => sum + (size - 1) * toStep, 0)) / 32)
  const items = last - first + 1
  const names = axes.map((_, axis) => `i${axis}`)
  return {
    ...unbound('wgsl/kernels/copy-bits.wgsl', {
      ...base(scope, items),
      comment: commentOf(call, `Moves single bits, [${params.sizes.join('][')}] of them, word by word of the result.`),
      x: binder.read('x', buffers.x),
      y: binder.write(y),
      source: scope.name('source'),
      word: indexText([`item % ${items}`], [1], first),
      to,
      axes: axes.map(({ size, toStep }, k) => ({ name: names[k]!, last: size - 1, step: toStep })),
      from: indexText(
        names,
        axes.map(({ fromStep }) => fromStep),
        from,
      ),
      xSample: indexText(['sample'], [sampleStride(buffers.x)]),
      ySample: indexText(['sample'], [y.length]),
    }),
    bindings: binder.all(),
    grid: itemGrid(items),
  }
}

interface Axis {
  readonly size: number
  readonly fromStep: number
  readonly toStep: number
}

/** Loops with more than one pass, largest step of y first; each steps over everything inside it. */
function nestedAxes({ sizes, fromStrides, toStrides }: CopyParams, { entry }: Scope): Axis[] {
  const axes = sizes
    .map((size, k): Axis => ({ size, fromStep: fromStrides[k]!, toStep: toStrides[k]! }))
    .filter(({ size }) => size > 1)
    .sort((a, b) => b.toStep - a.toStep)
  let inside = 0
  for (const { size, toStep } of axes.toReversed()) {
    if (toStep <= inside) throw new Error(`${entry} writes bits in an order that has no inverse: [${toStrides}]`)
    inside += (size - 1) * toStep
  }
  return axes
}
