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

/** f(x, f(y, z)) … over all arguments, from the left. */
export const foldLeft = (fn: 'add' | 'mul' | 'max' | 'min', count: number): Expr =>
  Array.from({ length: count }, (_, index) => arg(index)).reduce((left, right) => call(fn, left, right))
