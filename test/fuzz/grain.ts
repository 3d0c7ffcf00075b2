import type { Expr, Fn } from '../../src/ir/expr.ts'
import type { Node } from '../../src/ir/node.ts'
import { elements, numbersOf, type Tensor } from '../../src/ir/tensor.ts'

/**
 * What all numbers of a tensor have in common: they are multiples of `quantum` (0 where that is not known), and none is
 * beyond `reach`. Both hold for the numbers that could be there, not for those of one sample: a pass that adds in
 * another order meets others.
 */
export interface Grain {
  readonly quantum: number
  readonly reach: number
}

/** Bits of 24 that stay free for what a pass adds up or multiplies before. */
const SPARE = 4

/** Whether sums and products of this grain are exact in f32, in any order. */
export const fits = ({ quantum, reach }: Grain): boolean => reach <= quantum * 2 ** (24 - SPARE)

const UNKNOWN: Grain = { quantum: 0, reach: Infinity }
const unit: Grain = { quantum: 1, reach: 1 }

export function grainOfValues(values: readonly number[]): Grain {
  return all(...values.map(value => ({ quantum: lowestBit(value), reach: Math.abs(value) })))
}

/** The largest power of two that divides a number; infinite for 0, 0 if there is none within reason. */
function lowestBit(value: number): number {
  if (value === 0) return Infinity
  if (!Number.isFinite(value)) return 0
  let bit = 1
  while (!Number.isInteger(value / bit) && bit > 2 ** -60) bit /= 2
  if (!Number.isInteger(value / bit)) return 0
  while (Number.isInteger(value / (2 * bit))) bit *= 2
  return bit
}

const all = (...grains: readonly Grain[]): Grain => ({
  quantum: grains.reduce((least, { quantum }) => Math.min(least, quantum), Infinity),
  reach: grains.reduce((most, { reach }) => Math.max(most, reach), 0),
})

/** 0 times infinity is what a tensor of zeros gives. */
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b)
const sum = (a: Grain, b: Grain): Grain => ({ quantum: Math.min(a.quantum, b.quantum), reach: a.reach + b.reach })
const product = (a: Grain, b: Grain): Grain => ({
  quantum: times(a.quantum, b.quantum),
  reach: times(a.reach, b.reach),
})
const whole = ({ quantum, reach }: Grain): Grain => ({ quantum: Math.max(quantum, 1), reach: reach + 1 })

const grains: Readonly<Partial<Record<Fn, (a: Grain, b: Grain, c: Grain) => Grain>>> = {
  add: sum,
  sub: sum,
  mul: product,
  // Exact by powers of two alone, which is seen where values are known.
  div: (a, b) => ({ quantum: b.reach > 0 ? times(a.quantum, 1 / b.reach) : 0, reach: times(a.reach, 1 / b.quantum) }),
  max: (a, b) => all(a, b),
  min: (a, b) => all(a, b),
  neg: a => a,
  abs: a => a,
  pow: a => product(a, a),
  floor: whole,
  ceil: whole,
  round: whole,
  sign: () => unit,
  ge: () => unit,
  gt: () => unit,
  eq: () => unit,
  not: () => unit,
  and: () => unit,
  or: () => unit,
  xor: () => unit,
  select: (_, b, c) => all(b, c),
  float: a => a,
  int: whole,
}

export function grainOfExpr(expr: Expr, args: readonly Grain[]): Grain {
  if (expr.fn === 'number') return grainOfValues([expr.value])
  if (expr.fn === 'arg') return args[expr.index]!
  const [a, b, c] = expr.args.map(part => grainOfExpr(part, args))
  return grains[expr.fn]?.(a!, b!, c!) ?? UNKNOWN
}

const grainOfTensor = (tensor: Tensor): Grain => (tensor.dtype === 'bit' ? unit : grainOfValues(numbersOf(tensor)))

/** The grain of a node's result, before its epilogue (importers leave none). `value` is that of an input. */
export function grainOfNode(node: Node, operands: readonly Grain[], value: Tensor | undefined): Grain {
  const [x, y] = operands
  const scaled = (count: number): Grain => ({ quantum: x!.quantum, reach: x!.reach * count })
  switch (node.op) {
    case 'input':
      return grainOfTensor(value!)
    case 'constant':
      return grainOfTensor(node.attrs.value)
    case 'map':
      return grainOfExpr(node.attrs.expr, operands)
    case 'conv2d': {
      const [, ...taps] = node.operands[1].type.shape
      const { quantum, reach } = product(x!, y!)
      return { quantum, reach: reach * elements(taps) }
    }
    case 'reduce': {
      const count = node.attrs.axes.reduce((size, axis) => size * node.operands[0].type.shape[axis]!, 1)
      return node.attrs.kind === 'sum' || node.attrs.kind === 'mean' ? scaled(count) : x!
    }
    case 'pool':
      return node.attrs.kind === 'mean' ? scaled(elements(node.attrs.kernel)) : x!
    case 'pad':
      return all(x!, grainOfValues([node.attrs.value]))
    case 'concat':
      return all(...operands)
    case 'gather':
      return x!
    default:
      return x ?? UNKNOWN
  }
}

/** The mean's own grain; what is above is that of the sum which is divided. */
export const divided = ({ quantum, reach }: Grain, count: number): Grain => ({
  quantum: quantum / count,
  reach: reach / count,
})
