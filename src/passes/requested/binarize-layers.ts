import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { arg, call } from '../../ir/expr.ts'
import { type Graph, rebuild, topological } from '../../ir/graph.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import { elements, f32, type Tensor } from '../../ir/tensor.ts'
import { twoValued } from '../analysis/two-valued.ts'
import type { Pass, PassContext, PassOptions } from '../pass.ts'
import { binarizeWeights } from '../weights/binarize-weights.ts'
import { type BinaryWeights, isScaledSigns } from '../weights/binary-weights.ts'
import { latentWeights } from '../weights/latent-weights.ts'

/**
 * `--binarize`: layers of a float model become XNOR-Net's (Rastegari et al. 2016, eq. 11):
 *   x * W  →  (sign(x) * sign(W)) · alpha · K,    K = box filter of mean |x| over the channels
 * alpha and sign(W) by `--weights`. Written into the graph here; the passes for signs and binary layers do the rest. By
 * request of the user another function than the model's, which is why the pass counts as one that rounds.
 */
export const binarizeLayers: Pass = {
  name: 'binarize-layers',
  run(graph, context) {
    const chosen = chosenLayers(graph, context.options.binarize)
    if (chosen.size === 0) return graph
    return rebuild(graph, (node, original) =>
      node.op === 'conv2d' && chosen.has(original) ? binarized(node, context) : node,
    )
  },
}

function chosenLayers(graph: Graph, binarize: PassOptions['binarize']): ReadonlySet<Node> {
  if (binarize === 'auto') return new Set()
  const layers = topological(graph).filter(node => node.op === 'conv2d')
  const floats = layers.filter(isFloat)
  if (binarize === 'all') return new Set(floats.filter(node => node !== layers[0] && node !== layers.at(-1)))
  const named = (name: string) => layers.filter(({ origin }) => origin.includes(name))
  const unknown = binarize.filter(name => named(name).length === 0)
  if (unknown.length > 0) {
    const known = [...new Set(layers.map(({ origin }) => `'${origin[0]}'`))].join(', ')
    throw new CompileError(
      ...unknown.map(name =>
        diagnostics.invalidOption('--binarize', `there is no layer '${name}'; there are ${known}`),
      ),
    )
  }
  return new Set(binarize.flatMap(named).filter(isFloat))
}

/** Not behind a sign already, and with weights to binarize. */
const isFloat = (node: Node): boolean =>
  node.op === 'conv2d' && node.operands[1].op === 'constant' && !isSign(node.operands[0])

const isSign = (x: Node): boolean => twoValued(x) !== undefined || (x.op === 'map' && x.attrs.expr.fn === 'sign')

function binarized(node: Node<'conv2d'>, { options, warn, whereOf }: PassContext): Node {
  const { attrs, origin } = node
  const [x, weights, ...extras] = node.operands
  // Asked for by name: `--weights exact` is about layers that the model itself has binarized.
  const mode = options.weights === 'exact' ? 'xnor' : options.weights
  if (weights.op !== 'constant') return node
  const given = binarizeWeights(weights.attrs.value, mode)
  // Weights that are ±alpha or 0 stay what they are.
  const found = isScaledSigns(given) ? undefined : latentWeights(weights.attrs.value, mode)
  if (found && found.trained.zeros > 0) warn(diagnostics.zeroWeights(whereOf(origin), found.trained.zeros))
  const sign = create('map', [x], { expr: call('sign', arg(0)) }, origin)
  const scaled = found ? constant(scaledSigns(found), weights.origin) : weights
  const layer = create('conv2d', [sign, scaled, ...extras], attrs, origin)
  if (options.scale === 'alpha') return layer
  return create('map', [layer, scaleMap(node)], { expr: call('mul', arg(0), arg(1)) }, origin)
}

/** alpha · sign(W). */
function scaledSigns({ planes, alpha }: BinaryWeights): Tensor {
  const { signs } = planes[0]!
  const values = new Float32Array(signs.values.length)
  const size = values.length / alpha.length
  for (let i = 0; i < values.length; i++) values[i] = (signs.values[i] ? 1 : -1) * alpha[Math.floor(i / size)]!
  return f32(signs.shape, values)
}

/** K: [N,H',W',O], or 1 channel where there are no groups. */
function scaleMap({ attrs, operands: [x, weights], origin }: Node<'conv2d'>): Node {
  const { groups } = attrs
  const own = [`${origin[0]}/K`]
  const [n, h, w, c] = x.type.shape as [number, number, number, number]
  const [filters, kh, kw] = weights.type.shape as [number, number, number]
  const magnitude = create('map', [x], { expr: call('abs', arg(0)) }, own)
  const split = create('reshape', [magnitude], { shape: [n, h, w, groups, c / groups] }, own)
  const means = create('reduce', [split], { kind: 'mean', axes: [4], epilogue: arg(0) }, own)
  const image = create('reshape', [means], { shape: [n, h, w, groups] }, own)
  const isPlain = kh * kw === 1 && groups === 1 && attrs.stride.every(step => step === 1)
  if (isPlain && attrs.padding.every(size => size === 0)) return image
  const shape = [groups === 1 ? 1 : filters, kh, kw, 1]
  const box = constant(f32(shape, new Float32Array(elements(shape)).fill(1 / (kh * kw))), own)
  return create('conv2d', [image, box], { ...attrs, epilogue: arg(0) }, own)
}
