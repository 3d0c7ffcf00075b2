import { arg, call, type Expr, evaluator, number } from '../../ir/expr.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import { elements, f32, type Shape } from '../../ir/tensor.ts'
import type { Grid } from '../analysis/staircase.ts'
import { reaches } from '../analysis/step-function.ts'

/** What a map's values are: numbers of a grid, each from a threshold on. */
export interface Codes {
  readonly grid: Grid
  /** What the thresholds are compared with: a part of the map's expression, alike everywhere, or one operand. */
  readonly part: Expr
  /** For each number of the grid but the first, at every position of the shape. */
  readonly thresholds: readonly (readonly number[])[]
  readonly shape: Shape
}

export const planesFor = ({ count }: Grid): number => Math.ceil(Math.log2(count + 1))

/** Most planes of which every value has a comparison of its own. */
const MOST_COMPARED = 4

/**
 * The map as a function of bits. With c_k the condition that x reaches the k-th value of the grid,
 *   bit i of the value's number = c_m xor c_2m xor c_3m …,   m = 2^i
 * because it turns at every multiple of 2^i; -s, 0 and +s are s/2 · (c_1 + c_2) with bits of ±1. Of more than 16 values the
 * number itself is computed, and its bits are whether floor(number / 2^i) is odd. Exact; undefined where a value of those
 * many is none that the number is scaled to.
 */
export function valueOfPlanes(node: Node<'map'>, codes: Codes): Node | undefined {
  const { first, step, count, values } = codes.grid
  const planes = planesFor(codes.grid)
  if (planes > MOST_COMPARED) return valueOfNumber(node, codes.grid)
  const { operands, conditions } = conditionsOf(node, codes)
  const plane = (expr: Expr) => create('map', operands, { expr }, node.origin)
  if (count === 2 && values[1] === 0 && first === -values[2]!) {
    const both = call('add', call('float', arg(0)), call('float', arg(1)))
    return create('map', conditions.map(plane), { expr: call('mul', both, number(step / 2)) }, node.origin)
  }
  const bits = Array.from({ length: planes }, (_, i) =>
    plane(conditions.filter((_, k) => (k + 1) % 2 ** i === 0).reduce((a, b) => call('xor', a, b))),
  )
  const expr = choice(planes, code => number(values[code] ?? first + code * step))
  return create('map', bits, { expr }, node.origin)
}

/** c_1, c_2, …, over operands of which the first ones hold what they compare. */
function conditionsOf({ operands, origin }: Node<'map'>, { part, thresholds, shape }: Codes) {
  const isOperand = part.fn === 'arg'
  const x = isOperand ? operands : [create('map', operands, { expr: part }, origin)]
  const read = isOperand ? part : arg(0)
  if (elements(shape) === 1) return { operands: x, conditions: thresholds.map(([at]) => reaches(read, at!)) }
  const limits = thresholds.map(at => constant(f32(shape, at), origin))
  return { operands: [...x, ...limits], conditions: limits.map((_, k) => call('ge', read, arg(x.length + k))) }
}

/** What a function makes of the number whose bits the arguments are, the last one counting most. */
function choice(planes: number, valueAt: (code: number) => Expr, code = 0): Expr {
  if (planes === 0) return valueAt(code)
  const [yes, no] = [1, 0].map(bit => choice(planes - 1, valueAt, code + bit * 2 ** (planes - 1)))
  return call('select', arg(planes - 1), yes!, no!)
}

/** The same by the number of the value, which is a whole number in f32. */
function valueOfNumber(node: Node<'map'>, grid: Grid): Node | undefined {
  const { first, step } = grid
  const planes = planesFor(grid)
  const bits = Array.from({ length: planes }, (_, i) => call('select', arg(i), number(2 ** i), number(0)))
  const expr = scaled(
    bits.reduce((a, b) => call('add', a, b)),
    grid,
  )
  if (!expr) return undefined
  const whole = call('round', call('mul', call('sub', node.attrs.expr, number(first)), number(1 / step)))
  const code = create('map', node.operands, { expr: whole }, node.origin)
  const planeOf = (i: number): Expr => {
    const halves = (power: number) => call('floor', call('mul', arg(0), number(2 ** -power)))
    return call('gt', halves(i), call('mul', call('floor', call('mul', halves(i), number(0.5))), number(2)))
  }
  return create(
    'map',
    bits.map((_, i) => create('map', [code], { expr: planeOf(i) }, node.origin)),
    { expr },
    node.origin,
  )
}

/** The values of the grid as a multiple or a fraction of their number, if they are that to the last bit. */
function scaled(code: Expr, { first, step, values }: Grid): Expr | undefined {
  const shift = Math.round(first / step)
  const moved = shift === 0 ? code : call('add', code, number(shift))
  const unit = values[1 - shift] ?? step
  const forms = [
    call('mul', moved, number(unit)),
    call('div', moved, number(Math.round(1 / step))),
    call('add', call('mul', code, number(step)), number(first)),
  ]
  return forms.find(form => {
    const value = evaluator(
      form,
      Array.from({ length: 8 }, () => 'bit' as const),
    )
    return values.every((wanted, k) => value(Array.from({ length: 8 }, (_, i) => (k >> i) % 2)) === wanted)
  })
}
