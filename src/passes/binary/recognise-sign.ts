import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { call, type Expr, number } from '../../ir/expr.ts'
import { rebuild, topological } from '../../ir/graph.ts'
import { create, type Node } from '../../ir/node.ts'
import { hasBetween, hasZero, type Range, unionOf } from '../../ir/range.ts'
import { channelStep } from '../analysis/channel-steps.ts'
import { argumentOf, expressionRanges, type Ranges } from '../analysis/expression-ranges.ts'
import { layerInputs } from '../analysis/feeds-layer.ts'
import { conditionalStep, type Doubt, FEW, monotoneStep, piecewiseStep, type Step } from '../analysis/step-function.ts'
import { toOrder } from '../analysis/switch-point.ts'
import { fromBits } from '../analysis/two-valued.ts'
import { rangesOf } from '../analysis/value-ranges.ts'
import type { Pass, PassContext } from '../pass.ts'

/**
 * Cuts a map with two values that feeds a layer into its condition, which is bits, and `a ? high : low`, which later
 * passes move past everything that can work on bits. Exact, but for ONNX Sign, which is -1, 0 or +1:
 *   where x >= 0 always (ReLU, Abs, pixels)    sign(x) = x > 0 ? 1 : 0, exactly
 *   where x <= 0 always                        sign(x) = x >= 0 ? 0 : -1, exactly
 *   elsewhere                                  sign(x) = x >= 0 ? 1 : -1: 0 counts as +1, as in training
 * The last warns (or refuses, --sign-zero error) where an exact 0 can occur; with --sign-zero exact such a sign keeps its
 * three values, which are codes. Other signs keep them, too.
 */
export const recogniseSign: Pass = {
  name: 'recognise-sign',
  run(graph, context) {
    const inputs = layerInputs(graph)
    const candidates = topological(graph).filter(
      (node): node is Node<'map'> => node.op === 'map' && inputs.has(node) && node.type.dtype === 'f32' && !isCut(node),
    )
    let known: ReadonlyMap<Node, Ranges> | undefined
    const ranges = () => {
      known ??= rangesOf(graph)
      return known
    }
    const found = new Map<Node, Cut>()
    for (const node of candidates) {
      const cut = cutOf(node, ranges)
      if (cut?.changesZero && context.options.signZero === 'exact') continue
      if (cut && context.mayRewrite(`sign at ${node.origin.join('+')}`)) found.set(node, cut)
    }
    reportZeros(found, context)
    return rebuild(graph, (node, original) => {
      const cut = found.get(original)
      return cut ? cut.build(node as Node<'map'>) : node
    })
  },
}

interface Cut {
  readonly build: (node: Node<'map'>) => Node
  /** A value that can be 0 is counted as +1. */
  readonly changesZero?: boolean
}

/** Nothing but two values of a bit. */
const isCut = (node: Node): boolean => node.operands.length === 1 && node.operands[0]!.type.dtype === 'bit'

const hasSwitch = (expr: Expr): boolean => SWITCHES.has(expr.fn) || ('args' in expr && expr.args.some(hasSwitch))

const SWITCHES: ReadonlySet<Expr['fn']> = new Set(['sign', 'abs', 'ge', 'gt', 'eq', 'max', 'min', 'sqrt'])

function cutOf(node: Node<'map'>, ranges: () => ReadonlyMap<Node, Ranges>): Cut | undefined {
  const types = node.operands.map(({ type }) => type.dtype)
  const literals = node.operands.map(literalOf)
  const { expr } = node.attrs
  const exact = conditionalStep(expr, types, literals) ?? monotoneStep(expr, types)
  if (exact) return cutAt(exact)
  if (!hasSwitch(expr)) return undefined
  const rangesOfPart = (part: Expr) => argumentRanges(node, part, ranges())
  const found = piecewiseStep(expr, types, part => unionOf(rangesOfPart(part)))
  if (found) return { ...cutAt(found), changesZero: rangesOfPart(found.part).some(reaches(found.doubt)) }
  const scaled = channelStep(node)
  if (scaled) {
    const own = ranges().get(scaled.x)!
    const changesZero = scaled.doubts.some((doubt, channel) => reaches(doubt)(own[own.length === 1 ? 0 : channel]!))
    return { build: rebuilt => channelStep(rebuilt)!.node, changesZero }
  }
  let changesZero = false
  const withoutSigns = replaceSigns(expr, argument => {
    if (rangesOfPart(argument).some(hasZero)) changesZero = true
    return call('float', call('ge', argument, ZERO))
  })
  const step = conditionalStep(withoutSigns, types, literals)
  return step && { ...cutAt(step), changesZero }
}

const cutAt = ({ condition, low, high }: Step): Cut => ({
  build: node => fromBits({ bits: create('map', node.operands, { expr: condition }, node.origin), low, high }),
})

/** Whether a number can occur that is neither of the two values: an exact 0, or anything next to 0. */
const reaches = (doubt: Doubt | undefined) => (range: Range) => {
  if (!doubt) return false
  const { from, to } = doubt
  const isWide = toOrder(to) - toOrder(from) >= FEW
  return hasBetween(range, from, to) || (isWide && range.rest === 'floats' && range.low <= to && range.high >= from)
}

const literalOf = (node: Node): number | undefined =>
  node.op === 'constant' && node.attrs.value.values.length === 1 ? Number(node.attrs.value.values[0]) : undefined

function reportZeros(found: ReadonlyMap<Node, Cut>, { options, whereOf, warn }: PassContext): void {
  const zeros = [...found].filter(([, { changesZero }]) => changesZero)
  const reports = zeros.map(([{ origin }]) => diagnostics.signOfZero(whereOf(origin, 'Sign')))
  if (options.signZero === 'error' && reports.length > 0) throw new CompileError(...reports)
  for (const report of reports) warn(report)
}

const ZERO = number(0)

/** The outermost signs, replaced. */
function replaceSigns(expr: Expr, replacement: (argument: Expr) => Expr): Expr {
  if (expr.fn === 'sign') return replacement(expr.args[0]!)
  return 'args' in expr ? { fn: expr.fn, args: expr.args.map(part => replaceSigns(part, replacement)) } : expr
}

/** Of a part of the map's expression, wherever its constants differ. */
const argumentRanges = (node: Node<'map'>, argument: Expr, ranges: ReadonlyMap<Node, Ranges>): Ranges =>
  expressionRanges(
    argument,
    node.operands.map(operand => argumentOf(operand, ranges.get(operand)!)),
  ).found
