import { type Expr, type Fn, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'
import { decimalF32 } from '../literals.ts'

/** Functions of a module that are no kernels; it gets those that are used. */
export type Routine = 'exp' | 'log' | 'tanh' | 'pow' | 'tap_from' | 'taps_inside'

type Print = (args: readonly string[], type: DType, use: (routine: Routine) => void) => string

/** The same instruction on f32x4 or i32x4, by the type of the arguments. */
const lanes =
  (op: string, suffix: Partial<Record<DType, string>> = {}): Print =>
  (args, type) =>
    `(${type === 'i32' ? 'i32x4' : 'f32x4'}.${suffix[type] ?? op} ${args.join(' ')})`

const bitwise =
  (op: string): Print =>
  args =>
    `(v128.${op} ${args.join(' ')})`

const routine =
  (name: Routine): Print =>
  (args, _, use) => {
    use(name)
    return `(call $f32x4.${name} ${args.join(' ')})`
  }

const splat = (value: string): string => `(v128.const f32x4 ${[value, value, value, value].join(' ')})`

/**
 * Every scalar function of the language, on four lanes. A bit is a mask: all ones for +1, zero for -1. `type` is the
 * type of the first argument. pmax and pmin are exactly `a > b ? a : b` and `a < b ? a : b`.
 */
const printers: { readonly [F in Fn]: Print } = {
  add: lanes('add'),
  sub: lanes('sub'),
  mul: lanes('mul'),
  div: lanes('div'),
  max: ([a, b], type) => (type === 'i32' ? `(i32x4.max_s ${a} ${b})` : `(f32x4.pmax ${b} ${a})`),
  min: ([a, b], type) => (type === 'i32' ? `(i32x4.min_s ${a} ${b})` : `(f32x4.pmin ${b} ${a})`),
  pow: routine('pow'),
  neg: lanes('neg'),
  abs: lanes('abs'),
  sqrt: lanes('sqrt'),
  exp: routine('exp'),
  log: routine('log'),
  tanh: routine('tanh'),
  floor: lanes('floor'),
  ceil: lanes('ceil'),
  round: lanes('nearest'),
  sign: ([a]) =>
    `(f32x4.sub (v128.and (f32x4.gt ${a} ${splat('0')}) ${splat('1')}) (v128.and (f32x4.lt ${a} ${splat('0')}) ${splat('1')}))`,
  ge: lanes('ge', { i32: 'ge_s' }),
  gt: lanes('gt', { i32: 'gt_s' }),
  eq: lanes('eq'),
  not: bitwise('not'),
  and: bitwise('and'),
  or: bitwise('or'),
  xor: bitwise('xor'),
  select: ([condition, a, b]) => `(v128.bitselect ${a} ${b} ${condition})`,
  float: ([a], type) =>
    type === 'bit'
      ? `(v128.bitselect ${splat('1')} ${splat('-1')} ${a})`
      : `(f32x4.convert_i32x4_${type === 'u8' ? 'u' : 's'} ${a})`,
}

const literal = (value: number): string =>
  Number.isFinite(value) ? decimalF32(value) : value > 0 ? 'inf' : value < 0 ? '-inf' : 'nan'

/** An expression on four lanes. `names` are the texts of its arguments, each cheap to repeat. */
export function printExpr(
  expr: Expr,
  types: readonly DType[],
  names: readonly string[],
  use: (routine: Routine) => void,
): string {
  if (expr.fn === 'arg') return names[expr.index]!
  if (expr.fn === 'number') return splat(literal(expr.value))
  const args = expr.args.map(part => printExpr(part, types, names, use))
  return printers[expr.fn](args, typeOf(expr.args[0]!, types), use)
}
