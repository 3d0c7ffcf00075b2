import { arg, call } from '../src/ir/expr.ts'
import type { Graph } from '../src/ir/graph.ts'
import { constant, create, input, type Node } from '../src/ir/node.ts'
import type { Window } from '../src/ir/ops.ts'
import { broadcastsTo, elements, f32, type Shape } from '../src/ir/tensor.ts'
import { seeded } from './random.ts'
import { dyadicTensor, graphOf } from './random-epilogues.ts'

const SIZES = [1, 2, 3, 4]

/**
 * Graphs of everything that moves, joins, reduces and broadcasts values, in any order, with layers among them: what the
 * passes for layouts and flattened images work on. Values stay small dyadic numbers.
 */
export function randomLayouts(seed: number): Graph {
  const next = seeded(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)]!
  const shuffled = (count: number) =>
    [...new Array(count).keys()]
      .map(key => ({ key, at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ key }) => key)
  const x = input('x', { dtype: 'f32', shape: [1, pick(SIZES), pick(SIZES), pick(SIZES)] })
  const z = input('z', { dtype: 'f32', shape: [1, pick(SIZES)] })
  const nodes: Node[] = [x, z]
  const numbers = (shape: Shape) => constant(dyadicTensor('f32', shape, below(1e6)), ['k'])
  /** Products with them are exact. */
  const powers = (shape: Shape) =>
    constant(
      f32(
        shape,
        Float32Array.from({ length: elements(shape) }, () => pick([-2, -1, -0.5, 0, 0.5, 1, 2])),
      ),
      ['p'],
    )
  /** Some axes whole, the others 1. */
  const spread = (shape: Shape): Shape => shape.map(size => (next() < 0.5 ? size : 1))
  const small = (value: Node) =>
    create('map', [value], { expr: call('min', call('max', arg(0), { fn: 'number', value: -4 }), FOUR) }, ['clip'])
  const steps: readonly ((value: Node) => Node | undefined)[] = [
    value => create('transpose', [value], { perm: shuffled(value.type.shape.length) }, ['transpose']),
    value => create('reshape', [value], { shape: regrouped(value.type.shape, next) }, ['reshape']),
    value => create('map', [value, numbers(spread(value.type.shape))], { expr: call('max', arg(0), arg(1)) }, ['max']),
    value => create('map', [numbers(spread(value.type.shape)), value], { expr: call('add', arg(0), arg(1)) }, ['add']),
    value => create('map', [value, powers(spread(value.type.shape))], { expr: call('mul', arg(0), arg(1)) }, ['mul']),
    value => {
      const other = pick(nodes)
      const fits = broadcastsTo(other.type.shape, value.type.shape) || broadcastsTo(value.type.shape, other.type.shape)
      return fits ? create('map', [value, other], { expr: call('sub', arg(0), arg(1)) }, ['sub']) : undefined
    },
    value => {
      const axes = shuffled(value.type.shape.length).slice(0, 1 + below(2))
      return create('reduce', [value], { kind: pick(['max', 'min'] as const), axes, epilogue: arg(0) }, ['reduce'])
    },
    value => {
      const axis = below(value.type.shape.length)
      const others = (node: Node) => `${node.type.shape.map((size, k) => (k === axis ? 0 : size))}`
      const fitting = nodes.filter(node => others(node) === others(value))
      const operands = Array.from({ length: 1 + below(3) }, () =>
        next() < 0.3 ? numbers(value.type.shape) : pick(fitting),
      )
      return create('concat', operands, { axis }, ['concat'])
    },
    value => {
      const axis = below(value.type.shape.length)
      const starts = value.type.shape.map((size, k) => (k === axis ? below(size) : 0))
      const sizes = value.type.shape.map((size, k) => size - starts[k]!)
      return create('slice', [value], { starts, sizes, steps: sizes.map(() => 1) }, ['slice'])
    },
    value => {
      const amounts = () => value.type.shape.map(() => below(2))
      return create('pad', [value], { before: amounts(), after: amounts(), value: pick([0, 1]) }, ['pad'])
    },
    // A layer as importers write it: NCHW to NHWC and back, or on images of one pixel.
    value => {
      const image = value.type.shape.length === 4 ? value : flattened(value)
      const nhwc = create('transpose', [image], { perm: [0, 2, 3, 1] }, ['conv'])
      // As many filters as there are rows or columns: numbers that are equal by chance mean nothing.
      const weights = powers([pick(nhwc.type.shape), 1, 1, nhwc.type.shape[3]!])
      const padded = pick([0, 0, 1])
      const window: Window = {
        stride: [1 + below(2), 1],
        dilation: [1 + below(2), 1],
        padding: [padded, 0, padded, padded],
      }
      const sums = create('conv2d', [nhwc, weights], { ...window, groups: 1, epilogue: arg(0) }, ['conv'])
      const result = create('transpose', [sums], { perm: [0, 3, 1, 2] }, ['conv'])
      const scale = powers(spread(result.type.shape))
      return next() < 0.5
        ? small(result)
        : create('map', [result, scale], { expr: call('mul', arg(0), arg(1)) }, ['scale'])
    },
  ]
  for (let k = 0; k < 8; k++) {
    const made = pick(steps)(next() < 0.7 ? nodes.at(-1)! : pick(nodes))
    if (made && elements(made.type.shape) <= 2000) nodes.push(made)
  }
  return graphOf('layouts', [x, z], [nodes.at(-1)!, pick(nodes)])
}

const FOUR = { fn: 'number', value: 4 } as const

/** [n, …] as an image of one pixel per n. */
const flattened = (value: Node): Node => {
  const [n = 1] = value.type.shape
  return create('reshape', [value], { shape: [n, elements(value.type.shape) / n, 1, 1] }, ['flat'])
}

/** The same elements on other axes: neighbours merged or split, axes of size 1 anywhere. */
function regrouped(shape: Shape, next: () => number): Shape {
  const result: number[] = []
  for (const size of shape) {
    if (next() < 0.2) result.push(1)
    if (result.length > 0 && next() < 0.4) result.push(result.pop()! * size)
    else if (size === 4 && next() < 0.5) result.push(2, 2)
    else if (size !== 1 || next() < 0.5) result.push(size)
  }
  return result.length > 0 && result.length <= 5 ? result : [elements(shape)]
}
