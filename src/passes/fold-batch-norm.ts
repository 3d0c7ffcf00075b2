import { extrasOf, isReducing, type Reducing, withEpilogue } from '../ir/epilogue.ts'
import { arg, argsOf, call, type Expr, isArg, rewriteExpr } from '../ir/expr.ts'
import { create, type Node } from '../ir/node.ts'
import { roundingRewrites, rule } from './rewrite.ts'

/**
 * Scales and shifts in a row become one, and the scale of a float convolution goes into its weights:
 *   (x + a) · b = x · b + a · b      (x · a) · b = x · (a · b)      (x + a) + b = x + (a + b)
 * Rounds differently than the steps did; signs were turned into exact thresholds before.
 */
export const foldBatchNorm = roundingRewrites(
  'fold-batch-norm',
  rule('affine of an affine', ['conv2d', 'binaryConv2d', 'integerConv2d', 'pool', 'reduce'], node => {
    if (!isReducing(node) || node.type.dtype !== 'f32') return undefined
    const folder = new AffineFolder(extrasOf(node), node.origin)
    const epilogue = rewriteExpr(node.attrs.epilogue, part => folder.fold(part))
    return epilogue === node.attrs.epilogue ? undefined : prune(node, folder.extras, epilogue)
  }),
  rule('scale of a float convolution', 'conv2d', node => {
    const [x, weights, ...extras] = node.operands
    if (node.type.dtype !== 'f32' || weights.op !== 'constant' || weights.type.dtype !== 'f32') return undefined
    const scale = scaleOf(node.attrs.epilogue)
    const factor = scale === undefined ? undefined : extras[scale - 1]
    if (scale === undefined || factor?.op !== 'constant' || factor.attrs.value.values.length !== node.type.shape[3])
      return undefined
    const perFilter = create('reshape', [factor], { shape: [node.type.shape[3]!, 1, 1, 1] }, factor.origin)
    const scaled = create('map', [weights, perFilter], { expr: call('mul', arg(0), arg(1)) }, weights.origin)
    const epilogue = rewriteExpr(node.attrs.epilogue, part => (isScale(part, scale) ? arg(0) : part))
    const folded = create('conv2d', [x, scaled, ...extras], { ...node.attrs, epilogue }, node.origin)
    return prune(folded, extras, epilogue)
  }),
)

/** Folds one part of an expression at a time; products and sums of constants become new operands. */
class AffineFolder {
  readonly extras: Node[]
  private readonly origin: readonly string[]

  constructor(extras: readonly Node[], origin: readonly string[]) {
    this.extras = [...extras]
    this.origin = origin
  }

  fold(part: Expr): Expr {
    if (part.fn !== 'mul' && part.fn !== 'add') return part
    const [inner, outer] = this.constantLast(part)
    if (!outer || (inner.fn !== 'mul' && inner.fn !== 'add')) return part
    const [x, own] = this.constantLast(inner)
    if (!own) return part
    if (inner.fn === part.fn) return call(part.fn, x, this.combine(part.fn, own, outer))
    if (part.fn === 'mul') return call('add', call('mul', x, outer), this.combine('mul', own, outer))
    return part
  }

  /** The two arguments, with one that is a constant operand, if any, last. */
  private constantLast(expr: Expr): [Expr, Expr | undefined] {
    const [a, b] = (expr as { args: readonly Expr[] }).args as [Expr, Expr]
    if (this.isConstant(b)) return [a, b]
    return this.isConstant(a) ? [b, a] : [a, undefined]
  }

  private isConstant(expr: Expr): expr is Extract<Expr, { fn: 'arg' }> {
    if (expr.fn !== 'arg' || expr.index === 0) return false
    const extra = this.extras[expr.index - 1]!
    return (
      extra.type.dtype === 'f32' &&
      (extra.op === 'constant' || extra.op === 'map') &&
      (extra.op === 'constant' || extra.operands.every(operand => operand.op === 'constant'))
    )
  }

  private combine(fn: 'mul' | 'add', a: Expr, b: Expr): Expr {
    const operand = (expr: Expr) => this.extras[(expr as { index: number }).index - 1]!
    this.extras.push(create('map', [operand(a), operand(b)], { expr: call(fn, arg(0), arg(1)) }, this.origin))
    return arg(this.extras.length)
  }
}

/** The same node with only the extras that its epilogue reads. */
function prune(node: Reducing, extras: readonly Node[], epilogue: Expr): Node {
  const used = argsOf(epilogue).filter(index => index > 0)
  const renamed = rewriteExpr(epilogue, part =>
    part.fn === 'arg' && part.index > 0 ? arg(1 + used.indexOf(part.index)) : part,
  )
  return withEpilogue(
    node,
    used.map(index => extras[index - 1]!),
    renamed,
  )
}

const isScale = (part: Expr, index: number): boolean =>
  part.fn === 'mul' && part.args.some(a => isArg(a, 0)) && part.args.some(a => isArg(a, index))

/** The argument that the accumulator is multiplied with, where that is the only use of the accumulator. */
function scaleOf(epilogue: Expr): number | undefined {
  let uses = 0
  let scale: number | undefined
  rewriteExpr(epilogue, part => {
    if (isArg(part, 0)) uses++
    if (part.fn === 'mul' && part.args.some(a => isArg(a, 0))) {
      const other = part.args.find(a => !isArg(a, 0))
      if (other?.fn === 'arg') scale = other.index
    }
    return part
  })
  return uses === 1 ? scale : undefined
}
