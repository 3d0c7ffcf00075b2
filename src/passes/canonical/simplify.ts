import { arg, argsOf, type Expr, number, substitute } from '../../ir/expr.ts'
import { create, type Node } from '../../ir/node.ts'
import { keepsOrder, sameShape } from '../../ir/tensor.ts'
import { rewrites, rule } from '../rewrite.ts'
import { simplifyExpr } from './simplify-expr.ts'

const isIdentity = (perm: readonly number[]) => perm.every((from, to) => from === to)
const isZero = (sizes: readonly number[]) => sizes.every(size => size === 0)

/** Drops what does nothing, merges neighbours that move data, brings expressions to one form. Exact. */
export const simplify = rewrites(
  'simplify',
  rule('reshape to the same shape', 'reshape', ({ operands: [x], attrs }) =>
    sameShape(x.type.shape, attrs.shape) ? x : undefined,
  ),
  rule('reshape of a reshape', 'reshape', ({ operands: [x], attrs, origin }) =>
    x.op === 'reshape' ? create('reshape', x.operands, attrs, origin) : undefined,
  ),
  rule('transpose that moves nothing', 'transpose', ({ operands: [x], attrs }) =>
    isIdentity(attrs.perm) ? x : undefined,
  ),
  rule('transpose of a transpose', 'transpose', ({ operands: [x], attrs, origin }) =>
    x.op === 'transpose'
      ? create('transpose', x.operands, { perm: attrs.perm.map(axis => x.attrs.perm[axis]!) }, origin)
      : undefined,
  ),
  rule('transpose that moves only axes of size 1', 'transpose', ({ operands: [x], attrs, type, origin }) =>
    keepsOrder(x.type.shape, attrs.perm) ? create('reshape', [x], { shape: type.shape }, origin) : undefined,
  ),
  rule('slice of everything', 'slice', ({ operands: [x], attrs }) =>
    isZero(attrs.starts) && sameShape(x.type.shape, attrs.sizes) && attrs.steps.every(step => step === 1)
      ? x
      : undefined,
  ),
  rule('slice of whole parts of a concat', 'slice', ({ operands: [x], attrs, origin }) => {
    if (x.op !== 'concat') return undefined
    const { axis } = x.attrs
    const sizeOf = (part: Node): number => part.type.shape[axis]!
    const [first, size] = [attrs.starts[axis]!, attrs.sizes[axis]!]
    let end = 0
    const parts = x.operands.filter(part => {
      end += sizeOf(part)
      return end > first && end <= first + size && end - sizeOf(part) >= first
    })
    if (attrs.steps[axis] !== 1 || parts.reduce((sum, part) => sum + sizeOf(part), 0) !== size) return undefined
    const here = (list: readonly number[], value: number): number[] =>
      list.map((each, k) => (k === axis ? value : each))
    const sliced = parts.map(part => {
      const within = { ...attrs, starts: here(attrs.starts, 0), sizes: here(attrs.sizes, sizeOf(part)) }
      return create('slice', [part], within, origin)
    })
    return create('concat', sliced, x.attrs, origin)
  }),
  rule('pad by nothing', 'pad', ({ operands: [x], attrs }) =>
    isZero(attrs.before) && isZero(attrs.after) ? x : undefined,
  ),
  rule('concat of one', 'concat', ({ operands: [x, ...more] }) => (more.length === 0 ? x : undefined)),
  rule('map that changes nothing', 'map', ({ operands: [x], attrs, type }) =>
    x && attrs.expr.fn === 'arg' && sameShape(x.type.shape, type.shape) ? x : undefined,
  ),
  rule('map in its simplest form', 'map', node => {
    const scalars = node.operands.map(scalarOf)
    const inlined = substitute(node.attrs.expr, index => scalars[index] ?? arg(index))
    const expr = simplifyExpr(
      inlined,
      node.operands.map(({ type }) => type.dtype),
    )
    const used = argsOf(expr)
    const operands = used.map(index => node.operands[index]!)
    const firsts = operands.map(operand => operands.indexOf(operand))
    const kept = operands.filter((_, i) => firsts[i] === i)
    if (expr === node.attrs.expr && kept.length === node.operands.length) return undefined
    const renamed = substitute(expr, index => arg(kept.indexOf(node.operands[index]!)))
    // The result's shape may come from an operand that is no longer read.
    const simplest = kept.length > 0 ? create('map', kept, { expr: renamed }, node.origin) : undefined
    return simplest && sameShape(simplest.type.shape, node.type.shape) ? simplest : undefined
  }),
)

/** The literal that an f32 constant stands for whose elements are all the same. */
function scalarOf(node: Node): Expr | undefined {
  if (node.op !== 'constant' || node.type.dtype !== 'f32') return undefined
  const values = node.attrs.value.values as Float32Array
  return values.every(value => Object.is(value, values[0])) ? number(values[0]!) : undefined
}
