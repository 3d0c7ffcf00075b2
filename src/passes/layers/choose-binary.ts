import { diagnostics } from '../../ir/diagnostics.ts'
import { isConvolution } from '../../ir/epilogue.ts'
import type { Expr } from '../../ir/expr.ts'
import { topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { type Coded, codedValue, levelsOfCode, showLevels } from '../analysis/coded.ts'
import type { Pass, PassContext } from '../pass.ts'
import { rewrites, rule } from '../rewrite.ts'
import { binarizeWeights, ROUNDING } from '../weights/binarize-weights.ts'
import { type BinaryWeights, soleSigns } from '../weights/binary-weights.ts'
import { mostInputPlanes } from '../weights/input-planes.ts'
import { binaryLayer, whyNotBinary } from './binary-layer.ts'
import { howMultiplied } from './sign-weights.ts'

/**
 * A convolution of bits with weights ±alpha per filter is a binary convolution times alpha:
 *   sum(x · alpha·sign(W)) = alpha · sum(x · sign(W))        (Rastegari et al. 2016, eq. 1 and 6)
 * Weights of a few levels are sums of such. Trained floats behind a sign are a choice: `--weights` says what to make of
 * them, and every layer that is another function for it is warned of.
 */
const chooseLayers = rewrites(
  'choose-binary',
  rule('binary convolution', 'conv2d', (node, site) => {
    const [x, weights, ...extras] = node.operands
    const input = codedValue(x)
    if (!input || weights.op !== 'constant' || extras.length > 0) return undefined
    const found = binarizeWeights(weights.attrs.value, site.options.weights)
    if ('refused' in found || whyNotBinary(node, input) || whyTooMany(node, input, found)) return undefined
    const changed = found.trained !== undefined || found.noise > ROUNDING || isAskedFor(node, input, site)
    site.decide({ origin: node.origin, kind: 'binary', reason: whyBinary(node, input, found, site), changed })
    warnOfWeights(node, found, site)
    return binaryLayer(node, input, found)
  }),
)

/** Chooses the layers, then says of every convolution that stays float why it does. */
export const chooseBinary: Pass = {
  name: 'choose-binary',
  run(graph, context) {
    const chosen = chooseLayers.run(graph, context)
    for (const node of topological(chosen))
      if (node.op === 'conv2d') context.decide({ origin: node.origin, kind: 'float', reason: whyFloat(node, context) })
    return chosen
  },
}

function warnOfWeights(
  { origin }: Node<'conv2d'>,
  { trained, noise, values }: BinaryWeights,
  { warn, whereOf }: PassContext,
) {
  if (trained) warn(diagnostics.changedWeights(whereOf(origin), trained.error))
  if (trained && trained.zeros > 0) warn(diagnostics.zeroWeights(whereOf(origin), trained.zeros))
  if (noise > ROUNDING) warn(diagnostics.noisyWeights(whereOf(origin), values))
}

/** A sign that no node of the model takes: that of `--binarize`. */
const isAskedFor = (layer: Node<'conv2d'>, { planes }: Coded, { whereOf }: PassContext): boolean =>
  layer.origin.includes(whereOf(sourceOf(planes[0]!.bits).origin).node ?? '?')

function whyBinary(layer: Node<'conv2d'>, input: Coded, { reason }: BinaryWeights, context: PassContext): string {
  const { planes } = input
  const { op = '', node = '?' } = context.whereOf(sourceOf(planes[0]!.bits).origin)
  const by = planes.length === 1 && levelsOfCode(input).includes(0) ? ', as (dot + sum of weights) / 2' : ''
  const from = isAskedFor(layer, input, context) ? 'by --binarize' : `from ${op} '${node}'`
  const what = planes.length === 1 ? showLevels(input) : `of ${showLevels(input)}, ${planes.length} planes,`
  return `input ${what} ${from}${by}; ${reason}`
}

function whyFloat(node: Node<'conv2d'>, context: PassContext): string {
  const [x, weights] = node.operands
  if (weights.op !== 'constant') return 'its weights are not constant'
  if (isBox(weights.attrs.value)) return 'K map: a box filter over the mean of |x|'
  const { value } = weights.attrs
  const mode = context.options.weights
  const input = codedValue(x)
  const why = input ? whyFloatLayer(node, input, binarizeWeights(value, mode)) : whyFloatInput(node, value, context)
  const how = howMultiplied(value, mode)
  return how ? `${why}; ${how}` : why
}

const whyFloatLayer = (node: Node<'conv2d'>, input: Coded, found: ReturnType<typeof binarizeWeights>): string =>
  'refused' in found
    ? found.refused
    : (whyNotBinary(node, input) ?? whyTooMany(node, input, found) ?? 'the rewrite limit was reached')

/** A layer that has an input of more planes than pay, or trained floats for weights: those of signs alone are a choice. */
function whyTooMany(node: Node<'conv2d'>, input: Coded, found: BinaryWeights): string | undefined {
  const { length } = input.planes
  if (length === 1) return undefined
  if (found.trained) return `its input is ${showLevels(input)}, no sign, and its weights are trained floats`
  if (length <= mostInputPlanes(node)) return undefined
  const sums = length * found.planes.length
  return `its input of ${showLevels(input)} and ${found.values} would take ${sums} sums of bits, more than a float layer costs`
}

/** Most channels of an image as it comes: beyond that, an input of the graph is taken for a value between layers. */
const MOST_COLOURS = 4

/** Weights that are binary tell that the input was meant to be: a warning, but for pixels, which stay float by design. */
function whyFloatInput(node: Node<'conv2d'>, weights: Tensor, { warn, whereOf }: PassContext): string {
  const [x] = node.operands
  const source = sourceOf(x)
  const where = whereOf(source.origin)
  const name = `'${where.node}'`
  const found = source.op === 'input' ? `the input ${name}` : `the result of ${where.op ?? source.op} ${name}`
  const exact = binarizeWeights(weights, 'exact')
  const signs = 'refused' in exact ? undefined : soleSigns(exact)?.values
  const bothSigns = signs?.includes(0 as never) && signs.includes(1 as never)
  const isFirst = readsOnlyInputs(x)
  const isQuantised = source.op === 'map' && hasSteps(source.attrs.expr)
  if (!bothSigns || weights.values.length === weights.shape[0])
    return isFirst
      ? 'first layer: no sign before it'
      : isQuantised
        ? `its input takes more than two values: ${found}`
        : `its input is not a sign: ${found} (--binarize would make it one)`
  if (isFirst && x.type.shape[3]! <= MOST_COLOURS) return 'first layer, on the image itself'
  if (isQuantised) return `its input takes more than two values: ${found}`
  warn(diagnostics.inputNotSign(whereOf(node.origin), 'values' in exact ? exact.values : 'binary weights', found))
  return `its input is not a sign: ${found} (a lost sign? --binarize ${node.origin[0]} restores it)`
}

/** A quantiser: nobody lost its sign. */
const hasSteps = (expr: Expr): boolean => STEPS.has(expr.fn) || ('args' in expr && expr.args.some(hasSteps))

const STEPS: ReadonlySet<Expr['fn']> = new Set(['round', 'floor', 'ceil', 'sign', 'select', 'ge', 'gt'])

/** What made a value, before it was moved: layers wear their own name on the transposes around them. */
const sourceOf = (node: Node): Node =>
  node.op === 'transpose' || node.op === 'reshape' || node.op === 'slice' || node.op === 'pad'
    ? sourceOf(node.operands[0])
    : node

/** Whether nothing with weights stands before it. */
function readsOnlyInputs(node: Node): boolean {
  if (isConvolution(node) || node.op === 'gather') return false
  return node.operands.every(readsOnlyInputs)
}

/** One filter over one channel whose weights are all 1 / (kh · kw): XNOR-Net's k, eq. 11. */
function isBox({ shape, values }: Tensor): boolean {
  const [filters, kh, kw, channels] = shape as [number, number, number, number]
  if (filters !== 1 || channels !== 1) return false
  return (values as Float32Array).every(value => Math.abs(value * kh * kw - 1) < 1e-5)
}
