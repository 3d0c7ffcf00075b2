import { extrasOf, isReducing, type Reducing, withEpilogue } from '../../ir/epilogue.ts'
import { arg, argsOf, call, type Expr, isArg, number, rewriteExpr } from '../../ir/expr.ts'
import { fold } from '../../ir/fold.ts'
import { create, type Node } from '../../ir/node.ts'
import { sameShape } from '../../ir/tensor.ts'
import { roundingRewrites, rule } from '../rewrite.ts'

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
    const filters = node.type.shape[3]!
    // As many values as filters may as well be one for each row or column of the image.
    if (scale === undefined || factor?.op !== 'constant' || !sameShape(factor.type.shape, [1, 1, 1, filters]))
      return undefined
    const perFilter = create('reshape', [factor], { shape: [filters, 1, 1, 1] }, factor.origin)
    const scaled = combinedConstants('mul', weights, fold(perFilter), weights.origin)
    if (!scaled) return undefined
    const epilogue = withoutScale(node.attrs.epilogue, scale)
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
    if (inner.fn !== part.fn && part.fn === 'add') return part
    const combined = this.combine(part.fn, own, outer)
    if (!combined) return part
    return inner.fn === part.fn ? call(part.fn, x, combined) : call('add', call('mul', x, outer), combined)
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
    return extra.op === 'constant' && extra.type.dtype === 'f32'
  }

  /** Undefined where the constants together leave the range of f32. */
  private combine(fn: 'mul' | 'add', a: Expr, b: Expr): Expr | undefined {
    const operand = (expr: Expr) => this.extras[(expr as { index: number }).index - 1]!
    const combined = combinedConstants(fn, operand(a), operand(b), this.origin)
    if (!combined) return undefined
    this.extras.push(combined)
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

/** One constant for two; undefined where a sum or product of theirs is no f32 of full precision, though both are. */
function combinedConstants(fn: 'mul' | 'add', a: Node, b: Node, origin: readonly string[]): Node | undefined {
  const combined = fold(create('map', [a, b], { expr: call(fn, arg(0), arg(1)) }, origin))
  if (combined.op !== 'constant') return undefined
  const values = combined.attrs.value.values as Float32Array
  const isSafe = (value: number) => Number.isFinite(value) && (fn === 'add' || Math.abs(value) >= LEAST_NORMAL)
  if (values.every(isSafe)) return combined
  // A product may be 0, but only where a factor is.
  const zeros = fold(create('map', [a, b], { expr: NO_FACTOR }, origin))
  if (zeros.op !== 'constant') return undefined
  const isZero = zeros.attrs.value.values
  return values.every((value, i) => isSafe(value) || (value === 0 && isZero[i] === 1)) ? combined : undefined
}

const LEAST_NORMAL = 2 ** -126
const NO_FACTOR = call('or', call('eq', arg(0), number(0)), call('eq', arg(1), number(0)))

const isScale = (part: Expr, index: number): boolean =>
  part.fn === 'mul' && part.args.some(a => isArg(a, 0)) && part.args.some(a => isArg(a, index))

/** The expression with the accumulator in place of its product with the argument at `scale`, which occurs once. */
function withoutScale(expr: Expr, scale: number): Expr {
  if (isScale(expr, scale)) return arg(0)
  return 'args' in expr ? { fn: expr.fn, args: expr.args.map(part => withoutScale(part, scale)) } : expr
}

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
