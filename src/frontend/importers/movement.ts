import { isConstant } from '../../ir/fold.ts'
import { bits, elements, type Shape } from '../../ir/tensor.ts'
import { asComputed, concat, literal, reshape, transpose } from './build.ts'
import {
  axesOf,
  axisOf,
  type Context,
  type Importer,
  integersFrom,
  integersOf,
  invalid,
  operand,
  operands,
  unsupported,
} from './context.ts'

type Op =
  | ('Identity' | 'Dropout' | 'Flatten' | 'Reshape' | 'Squeeze' | 'Unsqueeze' | 'Transpose' | 'Concat')
  | ('DepthToSpace' | 'SpaceToDepth')

/** Values that only change their shape or order. */
export const movements: Record<Op, Importer> = {
  Identity: context => operand(context, 0),
  /** Inference: the value itself; nothing is masked. */
  Dropout: context => {
    const { attributes, opset, inputs } = context
    attributes.ignore('ratio', 'seed')
    const inTraining = unsupported(context, 'is in training mode', 'inference', 'Export the model in evaluation mode.')
    // The oldest form is in training mode unless it says otherwise.
    if (opset < 7 && attributes.int('is_test', 0) !== 1) throw inTraining
    const mode = inputs[2]
    if (mode && (!isConstant(mode) || mode.attrs.value.values[0])) throw inTraining
    const x = operand(context, 0)
    if (context.outputCount < 2) return x
    const { shape } = x.type
    return [x, literal(context, bits(shape, new Uint8Array(elements(shape)).fill(1)))]
  },
  /** Two axes: what stands before `axis`, and the rest. */
  Flatten: context => {
    const x = operand(context, 0)
    const { shape } = x.type
    const declared = context.attributes.int('axis', 1)
    const axis = declared === shape.length ? declared : axisOf(context, declared, shape.length)
    return reshape(context, x, [elements(shape.slice(0, axis)), elements(shape.slice(axis))])
  },
  Reshape: context => {
    const x = operand(context, 0)
    const sizes = integersOf(context, 1, 'shape')
    const allowsZero = context.attributes.oneOf('allowzero', 0, 1) === 1
    return reshape(context, x, resolveShape(context, x.type.shape, sizes, allowsZero))
  },
  Squeeze: context => {
    const x = operand(context, 0)
    const { shape } = x.type
    const declared = integersFrom(context, 'axes', 1)
    const axes = declared
      ? axesOf(context, declared, shape.length)
      : [...shape.keys()].filter(axis => shape[axis] === 1)
    if (axes.some(axis => shape[axis] !== 1)) throw invalid(context, `squeezes axes [${axes}] of [${shape}]`)
    return reshape(
      context,
      x,
      shape.filter((_, axis) => !axes.includes(axis)),
    )
  },
  Unsqueeze: context => {
    const x = operand(context, 0)
    const declared = integersFrom(context, 'axes', 1)
    if (!declared) throw invalid(context, 'has no axes')
    const rank = x.type.shape.length + declared.length
    const axes = axesOf(context, declared, rank)
    const sizes = [...x.type.shape]
    const shape = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : sizes.shift()!))
    return reshape(context, x, shape)
  },
  Transpose: context => {
    const x = operand(context, 0)
    return transpose(context, x, context.attributes.ints('perm', [...x.type.shape.keys()].reverse()))
  },
  Concat: context => {
    const given = operands(context)
    const isMixed = given.some(({ type }) => type.dtype !== given[0]!.type.dtype)
    const all = isMixed ? given.map(node => asComputed(context, node)) : given
    const axis = axisOf(context, context.attributes.int('axis'), all[0]!.type.shape.length)
    // Empty lists occur in shape arithmetic.
    const parts = all.filter(node => node.type.shape[axis] !== 0)
    return parts.length === 0 ? all[0]! : concat(context, parts, axis)
  },
  /** [N,C·s·s,H,W] → [N,C,H·s,W·s]. */
  DepthToSpace: context => {
    const x = operand(context, 0)
    const [n, channels, h, w] = rank4(context, x.type.shape)
    const s = blockOf(context, channels, block => block * block)
    const mode = context.attributes.string('mode', 'DCR')
    if (mode !== 'DCR' && mode !== 'CRD') throw invalid(context, `has mode=${mode}`)
    const depth = channels / (s * s)
    const [split, perm] =
      mode === 'DCR'
        ? [
            [n, s, s, depth, h, w],
            [0, 3, 4, 1, 5, 2],
          ]
        : [
            [n, depth, s, s, h, w],
            [0, 1, 4, 2, 5, 3],
          ]
    return reshape(context, transpose(context, reshape(context, x, split), perm), [n, depth, h * s, w * s])
  },
  /** [N,C,H·s,W·s] → [N,s·s·C,H,W]. */
  SpaceToDepth: context => {
    const x = operand(context, 0)
    const [n, c, height, width] = rank4(context, x.type.shape)
    const s = blockOf(context, height, block => block)
    const [h, w] = [height / s, width / s]
    if (!Number.isInteger(w)) throw invalid(context, `has blocksize=${s} for a width of ${width}`)
    const split = reshape(context, x, [n, c, h, s, w, s])
    return reshape(context, transpose(context, split, [0, 3, 5, 1, 2, 4]), [n, s * s * c, h, w])
  },
}

/** The attribute blocksize; `size` has to be a multiple of what `divisor` makes of it. */
function blockOf(context: Context, size: number, divisor: (block: number) => number): number {
  const block = context.attributes.int('blocksize')
  if (block < 1 || size % divisor(block) !== 0) throw invalid(context, `has blocksize=${block} for a size of ${size}`)
  return block
}

/** 0 copies the size of that axis (unless allowzero), -1 takes what is left. */
function resolveShape(context: Context, from: Shape, sizes: readonly number[], allowsZero: boolean): Shape {
  const copied = sizes.map((size, axis) => (size === 0 && !allowsZero ? (from[axis] ?? -2) : size))
  const rest = elements(from) / elements(copied.filter(size => size !== -1))
  const shape = copied.map(size => (size === -1 ? rest : size))
  const isValid =
    copied.filter(size => size === -1).length <= 1 && shape.every(size => Number.isInteger(size) && size >= 0)
  if (!isValid || elements(shape) !== elements(from)) throw invalid(context, `reshapes [${from}] to [${sizes}]`)
  return shape
}

function rank4(context: Context, shape: Shape): readonly [number, number, number, number] {
  if (shape.length !== 4) throw invalid(context, `takes a value of rank ${shape.length}`)
  return shape as readonly [number, number, number, number]
}
