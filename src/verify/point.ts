import { type Expr, type Fn, functions, typeOf } from '../ir/expr.ts'
import type { DType } from '../ir/tensor.ts'

/** A number with how far another computation of it may be off, and what else it may be where that decides a jump. */
export interface Point {
  readonly value: number
  readonly error: number
  /** What the number is where jumps within the error go the other way; absent where there are none. */
  readonly options?: readonly number[]
  /** The nearest jump of the expression: value minus threshold, and the error of that difference. */
  readonly jump?: Jump
}

export interface Jump {
  readonly distance: number
  readonly error: number
  /** Largest magnitude of what is compared. */
  readonly size: number
}

export type PointEvaluator = (args: readonly Point[]) => Point

/**
 * What one operation on floats may add, relative to its operands: two roundings (a product or a sum, and one that folding
 * moved) on either side of a comparison, in units of 2^-24.
 */
const OPERATION = 4 * 2 ** -24
/** The same of exp, log, tanh and pow, which libraries approximate. */
const APPROXIMATION = 32 * 2 ** -24

const exact = (value: number): Point => ({ value, error: 0 })

/**
 * A closure that evaluates an expression with a bound of its rounding error, operation by operation (running error
 * analysis: Wilkinson 1963; Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.3).
 */
export function pointEvaluator(expr: Expr, types: readonly DType[]): PointEvaluator {
  if (expr.fn === 'number') {
    const point = exact(expr.value)
    return () => point
  }
  if (expr.fn === 'arg') return args => args[expr.index]!
  const parts = expr.args.map(part => pointEvaluator(part, types))
  const operands = expr.args.map(part => typeOf(part, types))
  const { fn } = expr
  const compute = stepOf(expr, operands, typeOf(expr, types))
  return args => {
    const points = parts.map(part => part(args))
    const local = localJump(fn, operands, points)
    const sides = local && isOpen(fn, local.jump) ? local.sides : []
    return withOptions(points, compute, { ...local, sides }, errorOf(fn, operands, points, compute))
  }
}

type Compute = (values: readonly number[]) => number

function stepOf({ fn }: { readonly fn: keyof typeof functions }, operands: readonly DType[], result: DType): Compute {
  if (fn === 'float' && operands[0] === 'bit') return ([a]) => (a ? 1 : -1)
  if (fn === 'mul' && result === 'i32') return ([a, b]) => Math.imul(a!, b!)
  const evaluate = functions[fn].evaluate as (a: number, b: number, c: number) => number
  const round = result === 'f32' ? Math.fround : result === 'i32' ? (value: number) => value | 0 : Number
  return ([a, b, c]) => round(evaluate(a!, b ?? 0, c ?? 0))
}

interface LocalJump {
  readonly jump: Jump
  /** Results on both sides of the jump. */
  readonly sides: readonly number[]
}

/** Where this function itself jumps. */
function localJump(fn: Fn, [type]: readonly DType[], [a, b]: readonly Point[]): LocalJump | undefined {
  if (type !== 'f32' && type !== 'i32') return undefined
  const { value, error } = a!
  const size = Math.abs(value)
  switch (fn) {
    case 'ge':
    case 'gt':
    case 'eq': {
      const jump = { distance: value - b!.value, error: error + b!.error, size: Math.max(size, Math.abs(b!.value)) }
      return { jump, sides: [0, 1] }
    }
    case 'sign':
      return { jump: { distance: value, error, size }, sides: [-1, 1] }
    case 'round':
      return {
        jump: { distance: value - Math.floor(value) - 0.5, error, size },
        sides: [Math.floor(value), Math.floor(value) + 1],
      }
    case 'floor':
      return {
        jump: { distance: value - Math.round(value), error, size },
        sides: [Math.round(value) - 1, Math.round(value)],
      }
    case 'int': {
      // Towards 0: nothing happens there.
      const nearest = Math.round(value) || Math.sign(value) || 1
      return {
        jump: { distance: value - nearest, error, size },
        sides: [nearest - Math.sign(nearest), nearest],
      }
    }
    case 'ceil':
      return {
        jump: { distance: value - Math.round(value), error, size },
        sides: [Math.round(value), Math.round(value) + 1],
      }
  }
  return undefined
}

/** Whether rounding decides on which side a value is. The sign of an exact 0 is a choice of its own. */
const isOpen = (fn: Fn, { distance, error }: Jump): boolean =>
  Math.abs(distance) <= error && (error > 0 || fn === 'sign')

function withOptions(
  points: readonly Point[],
  compute: Compute,
  { jump: own, sides }: Partial<LocalJump> & Pick<LocalJump, 'sides'>,
  error: number,
): Point {
  const value = compute(points.map(point => point.value))
  const jumps = [...points.map(({ jump }) => jump), own].filter(jump => jump !== undefined)
  const isPlain = sides.length === 0 && points.every(({ options }) => !options)
  if (isPlain && jumps.length === 0) return { value, error }
  const jump = jumps.reduce((a, b) => (Math.abs(b.distance) < Math.abs(a.distance) ? b : a))
  if (isPlain) return { value, error, jump }
  const results = new Set([...combinations(points).map(compute), ...sides])
  results.delete(value)
  return { value, error, options: [...results], jump }
}

/** All choices of the operands, a few at most. */
function combinations(points: readonly Point[]): number[][] {
  let found: number[][] = [[]]
  for (const { value, options = [] } of points)
    found = found.flatMap(start => [value, ...options].map(choice => [...start, choice])).slice(0, 64)
  return found
}

/** Bound of the result's error from those of its operands. */
function errorOf(fn: Fn, [type]: readonly DType[], points: readonly Point[], compute: Compute): number {
  if (type !== 'f32' && fn !== 'select') return 0
  const [a, b, c] = points as [Point, Point, Point]
  const [x, y] = [Math.abs(a.value), Math.abs(b?.value ?? 0)]
  switch (fn) {
    case 'add':
    case 'sub':
      return a.error + b.error + OPERATION * (x + y)
    case 'mul':
      return x * b.error + y * a.error + a.error * b.error + OPERATION * x * y
    case 'div':
      return y > b.error ? (a.error + (x / y) * b.error) / (y - b.error) + (OPERATION * x) / y : Infinity
    case 'max':
    case 'min':
      return Math.max(a.error, b.error)
    case 'neg':
    case 'abs':
      return a.error
    case 'select':
      return a.options ? Math.max(b.error, c.error) : a.value ? b.error : c.error
    case 'sqrt':
      return spread(points, compute) + OPERATION * Math.sqrt(x)
    case 'exp':
    case 'log':
    case 'tanh':
    case 'pow':
      return spread(points, compute) + APPROXIMATION * Math.max(Math.abs(compute(points.map(p => p.value))), 2 ** -24)
    case 'float':
    case 'int':
    case 'not':
    case 'and':
    case 'or':
    case 'xor':
    case 'ge':
    case 'gt':
    case 'eq':
    case 'sign':
    case 'round':
    case 'floor':
    case 'ceil':
      // Exact, but for jumps.
      return 0
  }
}

/** How far the result moves when the operands do by their errors; of functions that rise or fall. */
function spread(points: readonly Point[], compute: Compute): number {
  if (points.every(({ error }) => error === 0)) return 0
  const middle = compute(points.map(({ value }) => value))
  const corners = combinations(
    points.map(({ value, error }) => ({ value: value - error, error: 0, options: [value + error] })),
  )
  return Math.max(
    ...corners.map(corner => Math.abs(compute(corner) - middle)).map(moved => (moved >= 0 ? moved : Infinity)),
  )
}
