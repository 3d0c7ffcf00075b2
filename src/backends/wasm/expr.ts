import { type Fn, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'
import type { Store } from '../../plan/kernels.ts'
import { isNeverNaN } from '../../plan/never-nan.ts'
import type { GeneratedFunction, Module } from '../module.ts'
import { watFloat } from '../print/literals.ts'
import { exp, log, max, min, pow, sign, tanh } from './functions.ts'
import { get } from './text.ts'

type Use = Module['use']
/** `isNumber` says that the last argument is never NaN. */
type Print = (args: readonly string[], type: DType, use: Use, isNumber: boolean) => string

/** The same instruction on f32x4 or i32x4, by the type of the arguments. */
const lanes =
  (op: string, suffix: Partial<Record<DType, string>> = {}): Print =>
  (args, type) =>
    `(${type === 'i32' ? 'i32x4' : 'f32x4'}.${suffix[type] ?? op} ${args.join(' ')})`

const bitwise =
  (op: string): Print =>
  args =>
    `(v128.${op} ${args.join(' ')})`

const called =
  (fn: GeneratedFunction): Print =>
  (args, _, use) =>
    `(call ${use(fn)} ${args.join(' ')})`

/** pmax is exactly `a < b ? b : a`, and pmin alike: what is wanted where b is a number. */
const extreme =
  (name: 'max' | 'min', fn: GeneratedFunction): Print =>
  (args, type, use, isNumber) => {
    if (type === 'i32') return `(i32x4.${name}_s ${args.join(' ')})`
    return isNumber ? `(f32x4.p${name} ${args.join(' ')})` : called(fn)(args, type, use, isNumber)
  }

/** The same as the function, where a value comes from memory: `local` holds it meanwhile. */
export const extremeOfLoaded = (name: 'max' | 'min', best: string, load: string, local: string): string =>
  `(v128.bitselect (local.tee $${local} ${load}) ${best} (v128.or (f32x4.${name === 'max' ? 'lt' : 'gt'} ${best} ${get(local)}) (f32x4.ne ${get(local)} ${get(local)})))`

const splat = (value: string): string => `(v128.const f32x4 ${[value, value, value, value].join(' ')})`

/**
 * Every scalar function of the language, on four lanes. A bit is a mask: all ones for +1, zero for -1. `type` is the
 * type of the first argument.
 */
const printers: { readonly [F in Fn]: Print } = {
  add: lanes('add'),
  sub: lanes('sub'),
  mul: lanes('mul'),
  div: lanes('div'),
  max: extreme('max', max),
  min: extreme('min', min),
  pow: called(pow),
  neg: lanes('neg'),
  abs: lanes('abs'),
  sqrt: lanes('sqrt'),
  exp: called(exp),
  log: called(log),
  tanh: called(tanh),
  floor: lanes('floor'),
  ceil: lanes('ceil'),
  round: lanes('nearest'),
  sign: called(sign),
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
  int: ([a], type) => (type === 'f32' ? `(i32x4.trunc_sat_f32x4_s ${a})` : a!),
}

/** A store's expression on four lanes. `names` are the texts of its arguments. */
export function printExpr(store: Store, names: readonly string[], use: Use, expr = store.expr): string {
  if (expr.fn === 'arg') return names[expr.index]!
  if (expr.fn === 'number') return splat(watFloat(expr.value))
  const args = expr.args.map(part => printExpr(store, names, use, part))
  const types = [...(store.accumulator ? [store.accumulator] : []), ...store.operands.map(({ dtype }) => dtype)]
  return printers[expr.fn](args, typeOf(expr.args[0]!, types), use, isNeverNaN(expr.args.at(-1)!, store))
}
