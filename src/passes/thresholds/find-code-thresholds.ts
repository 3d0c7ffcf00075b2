import { arg, call, type Expr, rewriteExpr, sizeOf, substitute } from '../../ir/expr.ts'
import { integerRange } from '../../ir/integer-range.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import { bits, type DType, i32, sameShape } from '../../ir/tensor.ts'
import { constantExtras } from '../analysis/constant-extras.ts'
import { integers } from '../analysis/switch-point.ts'
import { rewrites, rule } from '../rewrite.ts'
import { switchPoints } from './switch-points.ts'

/**
 * Bits of a quantised integer are comparisons of that integer: a plane of codes, c_1 xor c_2 xor c_3, reads a float that
 * is a chain of floats behind a sum of planes; each c_k becomes sum >= threshold_k, found as for signs. Where the chain
 * falls, sum <= last is not (sum >= last + 1), so that all planes read the same sum, whatever gamma's sign. Exact.
 */
export const findCodeThresholds = rewrites(
  'find-code-thresholds',
  rule('bits of an integer', 'map', node => {
    if (node.type.dtype !== 'bit' || node.type.shape.length !== 4) return undefined
    const conditions = conditionsOf(node.attrs.expr)
    const chain = conditions && chainOf(node)
    if (!chain || !sameShape(chain.sum.type.shape, node.type.shape)) return undefined
    const { sum, constants, inTermsOfSum } = chain
    const whole = conditions.map(inTermsOfSum)
    if (whole.every(isThreshold)) return undefined
    const extras = constantExtras(constants, node.type.shape[3]!)
    const { low, high } = integerRange(sum)
    const size = Math.max(Math.abs(low), Math.abs(high))
    if (!extras || size > LARGEST) return undefined
    const types: DType[] = ['i32', ...constants.map(({ type }) => type.dtype)]
    const order = { ...integers(size), countable: size <= COUNTABLE }
    const flips = new Uint8Array(extras.shape[3]!)
    const thresholds: Node[] = []
    for (const condition of whole) {
      const switches = switchPoints(condition, types, extras, order)
      if (!switches) return undefined
      const { at, falls } = switches
      falls.forEach((fall, channel) => {
        flips[channel]! ^= fall
      })
      const rising = at.map((value, position) => (falls[position % falls.length] ? 1 - value : value))
      thresholds.push(shared(sum, constant(i32(extras.shape, rising), node.origin)))
    }
    const mask = flips.includes(1) ? [constant(bits([1, 1, 1, flips.length], flips), node.origin)] : []
    const reached = thresholds.map((_, k) => call('ge', arg(0), arg(k + 1)))
    const expr = [...reached, ...mask.map(() => arg(thresholds.length + 1))].reduce((a, b) => call('xor', a, b))
    return create('map', [sum, ...thresholds, ...mask], { expr }, node.origin)
  }),
)

/** Planes of the same integer have thresholds in common: each is one constant. */
function shared(sum: Node, threshold: Node<'constant'>): Node {
  const known = thresholdsOf.get(sum) ?? []
  thresholdsOf.set(sum, known)
  const { shape, values } = threshold.attrs.value
  const alike = known.find(
    ({ attrs: { value } }) => sameShape(value.shape, shape) && value.values.every((each, k) => each === values[k]),
  )
  if (!alike) known.push(threshold)
  return alike ?? threshold
}

const thresholdsOf = new WeakMap<Node, Node<'constant'>[]>()

/** Sums beyond which f32 has no room for every integer. */
const LARGEST = 2 ** 24
/** Sums that are tried one by one where a chain is not known to rise or fall. */
const COUNTABLE = 2 ** 12

/** The comparisons that an expression is the xor of. */
function conditionsOf(expr: Expr): readonly Expr[] | undefined {
  if (expr.fn === 'ge' || expr.fn === 'gt') return [expr]
  if (expr.fn === 'not') return conditionsOf(expr.args[0]!)?.length === 1 ? [expr] : undefined
  if (expr.fn !== 'xor') return undefined
  const parts = expr.args.map(conditionsOf)
  return parts.every(part => part !== undefined) ? parts.flat() : undefined
}

const isThreshold = (expr: Expr): boolean =>
  expr.fn === 'ge' && expr.args.every(part => part.fn === 'arg') && sizeOf(expr) === 1

interface Chain {
  /** An i32 value; all else that the bits depend on are constants. */
  readonly sum: Node
  readonly constants: readonly Node[]
  /** A condition on the node's operands as one on the sum (argument 0) and the constants. */
  readonly inTermsOfSum: (condition: Expr) => Expr
}

/** From the bits back to the integer: through one map of floats that all planes may share. */
function chainOf(node: Node<'map'>): Chain | undefined {
  const own = soleVariable(node)
  if (!own) return undefined
  const inner = own.type.dtype === 'f32' && own.op === 'map' ? own : undefined
  const sum = inner ? soleVariable(inner) : own
  if (sum?.type.dtype !== 'i32') return undefined
  const constants = [...node.operands, ...(inner?.operands ?? [])].filter(({ op }) => op === 'constant')
  const place = (operand: Node) => (operand === sum ? arg(0) : arg(1 + constants.indexOf(operand)))
  const before = inner && substitute(inner.attrs.expr, index => place(inner.operands[index]!))
  const inTermsOfSum = (condition: Expr) =>
    rewriteExpr(condition, part => {
      if (part.fn !== 'arg') return part
      const operand = node.operands[part.index]!
      return before && operand === inner ? before : place(operand)
    })
  return { sum, constants, inTermsOfSum }
}

/** The one operand that is no constant. */
function soleVariable({ operands }: Node<'map'>): Node | undefined {
  const variables = [...new Set(operands.filter(({ op }) => op !== 'constant'))]
  return variables.length === 1 ? variables[0] : undefined
}
