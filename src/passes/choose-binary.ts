import { arg, call, type Expr, isArg } from '../ir/expr.ts'
import { topological } from '../ir/graph.ts'
import { constant, create, type Node } from '../ir/node.ts'
import { f32, type Tensor } from '../ir/tensor.ts'
import { binarizeWeights } from './binarize-weights.ts'
import type { Pass, PassContext } from './pass.ts'
import { bitsBehind } from './pull-bits.ts'
import { rewrites, rule } from './rewrite.ts'

/**
 * A convolution of bits with weights ±alpha per filter is a binary convolution times alpha:
 *   sum(x · alpha·sign(W)) = alpha · sum(x · sign(W))        (Rastegari et al. 2016, eq. 1 and 6)
 * Weights that are not ±alpha are trained floats behind a sign; `--weights` says what to make of them.
 */
const chooseLayers = rewrites(
  'choose-binary',
  rule('binary convolution', 'conv2d', (node, site) => {
    const [x, weights, ...extras] = node.operands
    const input = bitInput(x)
    if (!input || weights.op !== 'constant' || extras.length > 0) return undefined
    const found = binarizeWeights(weights.attrs.value, site.options.weights)
    if ('refused' in found) return undefined
    site.decide({ origin: node.origin, kind: 'binary', reason: found.reason })
    return binaryLayer(node, input, found.signs, found.alpha)
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

function whyFloat({ operands: [x, weights] }: Node<'conv2d'>, { options }: PassContext): string {
  if (weights.op !== 'constant') return 'its weights are not constant'
  if (isBox(weights.attrs.value)) return 'K map: a box filter over the mean of |x|'
  if (!bitInput(x)) return `its input is not a sign (${x.op} '${x.origin.at(-1)}')`
  const found = binarizeWeights(weights.attrs.value, options.weights)
  return 'refused' in found ? found.refused : 'the rewrite limit was reached'
}

/** One filter over one channel whose weights are all 1 / (kh · kw): XNOR-Net's k, eq. 11. */
function isBox({ shape, values }: Tensor): boolean {
  const [filters, kh, kw, channels] = shape as [number, number, number, number]
  if (filters !== 1 || channels !== 1 || kh * kw === 1) return false
  return (values as Float32Array).every(value => Math.abs(value * kh * kw - 1) < 1e-5)
}

/** Bits that feed a convolution, times a constant: BipolarQuant's scale, for one. */
function bitInput(x: Node): { image: Node; scale: number } | undefined {
  const plain = bitsBehind(x)
  if (plain) return { image: plain, scale: 1 }
  if (x.op !== 'map' || x.operands.length !== 1 || x.operands[0]!.type.dtype !== 'bit') return undefined
  const { expr } = x.attrs
  if (expr.fn !== 'mul') return undefined
  const [a, b] = expr.args as [Expr, Expr]
  const [sign, literal] = a.fn === 'number' ? [b, a] : [a, b]
  if (literal.fn !== 'number' || sign.fn !== 'float' || !isArg(sign.args[0]!, 0)) return undefined
  return { image: x.operands[0]!, scale: literal.value }
}

function binaryLayer(
  { attrs, origin }: Node<'conv2d'>,
  { image, scale }: { image: Node; scale: number },
  signs: Tensor,
  alpha: Float32Array,
): Node {
  const { groups } = attrs
  const [n, h, w, c] = image.type.shape as [number, number, number, number]
  const x = groups === 1 ? image : create('reshape', [image], { shape: [n, h, w, groups, c / groups] }, image.origin)
  const sums = create('binaryConv2d', [x, constant(signs, origin)], attrs, origin)
  const scales = alpha.map(value => Math.fround(value * scale))
  const sum = call('float', arg(0))
  if (scales.every(value => value === 1)) return create('map', [sums], { expr: sum }, origin)
  const operand = constant(f32([1, 1, 1, scales.length], scales), origin)
  return create('map', [sums, operand], { expr: call('mul', sum, arg(1)) }, origin)
}
