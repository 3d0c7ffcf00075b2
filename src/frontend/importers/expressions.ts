import { arg, call, type Expr, number } from '../../ir/expr.ts'

/** Scalar expressions that several importers build on; `a`, `b`, `c` are the first operands. */
export const a = arg(0)
export const b = arg(1)
export const c = arg(2)

/** The epilogue that stores the result of a reducing op as it is. */
export const asIs = a

export const add = call('add', a, b)
export const one = number(1)
export const zero = number(0)

export const sigmoid = (x: Expr): Expr => call('div', one, call('add', one, call('exp', call('neg', x))))
/** log(1 + exp(x)) without overflow: the larger of x and 0, plus what the smaller adds. */
export const softplus = (x: Expr): Expr =>
  call('add', call('max', x, zero), call('log', call('add', one, call('exp', call('neg', call('abs', x))))))
export const clamp = (x: Expr, low: Expr, high: Expr): Expr => call('min', call('max', x, low), high)
/** positive(x) where x > 0, else negative(x). */
export const piecewise = (x: Expr, positive: Expr, negative: Expr): Expr =>
  call('select', call('gt', x, zero), positive, negative)
/** The sum of terms in a tree as flat as it can be: for terms whose sums are exact in any order. */
export const balancedSum = (terms: readonly Expr[]): Expr =>
  terms.length === 1
    ? terms[0]!
    : call(
        'add',
        balancedSum(terms.slice(0, Math.ceil(terms.length / 2))),
        balancedSum(terms.slice(Math.ceil(terms.length / 2))),
      )
/** a · b + c. */
export const scaleAndShift = call('add', call('mul', a, b), c)

/** Horner's scheme, highest power first. */
const polynomial = (x: Expr, ...factors: readonly number[]): Expr =>
  factors.map(number).reduce((sum, factor) => call('add', call('mul', sum, x), factor))

/**
 * The error function within 2 ulp, after N. Juffa: a polynomial where x is small, else 1 − exp(−polynomial). No function
 * of its own: backends would have to write the same.
 */
export function erf(x: Expr): Expr {
  // Beyond 4 it is 1 in f32.
  const size = call('min', call('abs', x), number(4))
  const square = call('mul', x, x)
  const inner = polynomial(
    square,
    -5.96761703e-4,
    4.99119423e-3,
    -2.67681349e-2,
    1.12819925e-1,
    -3.76125336e-1,
    1.28379166e-1,
  )
  const power = polynomial(
    size,
    1.7285347e-5,
    -3.83197126e-4,
    3.88396438e-3,
    -2.42546219e-2,
    1.06777877e-1,
    6.34846687e-1,
    1.28717512e-1,
  )
  const outer = call('sub', one, call('exp', call('neg', call('add', call('mul', power, size), size))))
  const signed = call('select', call('ge', x, zero), outer, call('neg', outer))
  return call('select', call('gt', size, number(0.921875)), signed, call('add', call('mul', inner, x), x))
}

/** f(x, f(y, z)) … over all arguments, from the left. */
export const foldLeft = (fn: 'add' | 'mul' | 'max' | 'min', count: number): Expr =>
  Array.from({ length: count }, (_, index) => arg(index)).reduce((left, right) => call(fn, left, right))
