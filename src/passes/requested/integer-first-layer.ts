import { CompileError, type Diagnostic } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { arg, call, substitute } from '../../ir/expr.ts'
import { type Graph, replaceAll, topological } from '../../ir/graph.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import { f32 } from '../../ir/tensor.ts'
import type { Decision, Pass } from '../pass.ts'
import { type IntegerWeights, integerWeights } from '../weights/integer-weights.ts'
import { type ByteImage, byteImage } from './byte-image.ts'

/** Weights of fewer bits would change predictions. */
const FEWEST_BITS = 11

/**
 * `--first-layer integer`: layers that read bytes have integer weights, and sums without a rounding. The normalisation
 * of the bytes is folded into the weights and into an offset for each tap, which a tap outside the image does not add:
 * zero padding is 0 after normalisation. By request of the user another function than the model's, by a known bound.
 */
export const integerFirstLayer: Pass = {
  name: 'integer-first-layer',
  rounds: true,
  run(graph, context) {
    if (context.options.firstLayer === 'float') return graph
    const replacements = new Map<Node, Node>()
    const refusals: Diagnostic[] = []
    for (const node of topological(graph)) {
      const image = node.op === 'conv2d' ? byteImage(node.operands[0]) : undefined
      if (node.op !== 'conv2d' || image === undefined) continue
      const made = integerLayer(node, image)
      if (typeof made === 'string') refusals.push(diagnostics.notInteger(context.whereOf(node.origin), made))
      else if (context.mayRewrite(`integer weights at ${node.origin.join('+')}`)) {
        replacements.set(node, made.layer)
        context.decide(made.decision)
      }
    }
    if (refusals.length > 0) throw new CompileError(...refusals)
    if (replacements.size === 0) throw new CompileError(noLayer(graph))
    return replaceAll(graph, replacements)
  },
}

function noLayer({ inputs }: Graph): Diagnostic {
  const hasBytes = inputs.some(({ type }) => type.dtype === 'u8')
  const what = hasBytes
    ? 'no convolution or dense layer reads the bytes of an input'
    : 'it needs an input of bytes: add --input-type u8, with --mean and --std as in training'
  return diagnostics.invalidOption('--first-layer integer', what)
}

function integerLayer(
  node: Node<'conv2d'>,
  image: ByteImage | string,
): { readonly layer: Node; readonly decision: Decision } | string {
  const { attrs, origin } = node
  const [, weights, ...extras] = node.operands
  if (typeof image === 'string') return image
  if (weights.op !== 'constant' || weights.type.dtype !== 'f32') return 'its weights are not constant'
  const made = integerWeights(weights.attrs.value, attrs.groups, image.lines)
  const bits = bitsFor(made.coarsest)
  if (bits < FEWEST_BITS) return `its sums leave ${bits} bits for a weight, at least ${FEWEST_BITS} are needed`
  const filters = [constant(made.weights, weights.origin), constant(made.offsets, weights.origin)] as const
  const sums = create('integerConv2d', [image.bytes, ...filters], { ...attrs, epilogue: arg(0) }, origin)
  const steps = constant(f32([1, 1, 1, made.steps.length], made.steps), origin)
  const result = call('mul', call('float', arg(0)), arg(1))
  const expr = substitute(attrs.epilogue, index => (index === 0 ? result : arg(index + 1)))
  return { layer: create('map', [sums, steps, ...extras], { expr }, origin), decision: decisionOf(node, made) }
}

/** Of a signed integer. */
const bitsFor = (magnitude: number): number => Math.ceil(Math.log2(magnitude + 1)) + 1

function decisionOf({ origin }: Node, { errors, largest }: IntegerWeights): Decision {
  const error = Math.max(...errors)
  const reason = `bytes times integer weights of ${bitsFor(largest)} bits; results within ${error.toPrecision(2)} of the float weights'`
  return { origin, kind: 'integer', reason, error, changed: error > 0 }
}
