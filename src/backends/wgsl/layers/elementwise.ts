import { wordsFor } from '../../../ir/bits.ts'
import { stridesOf } from '../../../ir/tensor.ts'
import type { Buffer, Call } from '../../../plan/plan.ts'
import { infinity } from '../functions.ts'
import { indexText, scalarType } from '../names.ts'
import { type Binder, createBinder, type Grid, type Layer, type Scope, sampleStride, unbound } from './layer.ts'
import { commentOf, valueFunction } from './value.ts'

/** Invocations of a workgroup, everywhere: what also compatibility mode offers, and two waves of the common sizes. */
export const THREADS = 64

/** One invocation for each of `items` results (words, if packed) of a sample. */
export const itemGrid = (items: number): Grid => ({ items, group: THREADS, rows: 1 })

/** Texts that split `item` into a sample and indices over these sizes, innermost last. */
export function decodeItem(sizes: readonly number[], names: readonly string[]): string[] {
  const strides = stridesOf(sizes)
  const count = sizes.reduce((a, b) => a * b, 1)
  return names.map((name, axis) => {
    const index = strides[axis] === 1 ? 'item' : `item / ${strides[axis]}`
    return `let ${name} = ${axis === 0 && count === 1 ? '0' : sizes[axis] === 1 ? '0' : `${index} % ${sizes[axis]}`};`
  })
}

/** What the templates of results of these sizes share: one invocation per value, or per word of up to 32 bits. */
export function resultContext(call: Call, sizes: readonly number[], scope: Scope, binder: Binder, own: number) {
  const channels = sizes.at(-1)!
  const names = sizes.map((_, axis) => `i${axis}`)
  const value = valueFunction(call, names, scope, binder, own)
  const bits = value.bits
  const memory = bits ? [...sizes.slice(0, -1), wordsFor(channels)] : sizes
  const items = memory.reduce((a, b) => a * b, 1)
  const position = ['sample', ...names].join(', ')
  return {
    entry: scope.entry,
    threads: THREADS,
    items,
    bits,
    y: binder.write(call.y),
    valueText: value.text,
    value: `${value.name}(${value.takesAccumulator ? 'a, ' : ''}${position})`,
    decode: decodeItem(memory, bits ? [...names.slice(0, -1), 'word'] : names),
    channel: names.at(-1)!,
    channels,
    names,
    grid: itemGrid(items),
  }
}

export function mapLayer(call: Call<'map'>, scope: Scope): Layer {
  const binder = createBinder(scope)
  const { grid, names: _, ...context } = resultContext(call, call.params.sizes, scope, binder, 1)
  const title = `Elementwise over [${call.params.sizes.join('][')}].`
  return {
    ...unbound('wgsl/kernels/map.wgsl', { ...context, comment: commentOf(call, title) }),
    bindings: binder.all(),
    grid,
  }
}

const STEPS = { sum: 'a + value', mean: 'a + value', max: 'max(a, value)', min: 'min(a, value)' } as const

export function reduceLayer(call: Call<'reduce'>, scope: Scope): Layer {
  const { kind, sizes, strides, innerSizes, innerStrides } = call.params
  const binder = createBinder(scope)
  const x = binder.read('x', call.buffers.x)
  const { grid, names, ...context } = resultContext(call, sizes, scope, binder, 2)
  const type = scalarType[call.store.accumulator ?? 'f32']
  const count = innerSizes.reduce((a, b) => a * b, 1)
  const inner = innerSizes.map((size, axis) => ({ index: `r${axis}`, size }))
  const title = `${kind} over [${innerSizes.join('][')}] for each of [${sizes.join('][')}].`
  return {
    ...unbound('wgsl/kernels/reduce.wgsl', {
      ...context,
      comment: commentOf(call, title),
      x,
      type,
      reduced: scope.name('reduced'),
      start: startOf(kind, type === 'i32', scope),
      from: fromText(call.buffers.x, names, strides),
      inner,
      innerIndex: indexText(
        inner.map(({ index }) => index),
        innerStrides,
      ),
      step: STEPS[kind],
      mean: kind === 'mean',
      count,
    }),
    bindings: binder.all(),
    grid,
  }
}

const fromText = (x: Buffer, names: readonly string[], strides: readonly number[]): string =>
  indexText(['sample', ...names], [sampleStride(x), ...strides])

/** What a sum starts with, or what no value is worse than. */
export function startOf(kind: 'sum' | 'mean' | 'max' | 'min', integer: boolean, { use }: Scope): string {
  if (kind === 'max') return integer ? 'i32(-2147483648)' : `-${use(infinity)}()`
  if (kind === 'min') return integer ? '2147483647i' : `${use(infinity)}()`
  return integer ? '0i' : '0.0f'
}
