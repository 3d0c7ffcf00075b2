import { evaluator } from '../../ir/expr.ts'
import { fold } from '../../ir/fold.ts'
import { constant, type Node, withOperands } from '../../ir/node.ts'
import { broadcastStrides, i32, indicesOf, type Shape, sameShape } from '../../ir/tensor.ts'

/** Channel c of what a layer reads is scale · byte + shift, up to `error`, by which the model's own f32 steps miss it. */
export interface Line {
  readonly scale: number
  readonly shift: number
  readonly error: number
}

/** An image that comes from bytes: those bytes in its shape, and a line for each channel. */
export interface ByteImage {
  readonly bytes: Node
  readonly lines: readonly Line[]
}

/** How far f32 steps may be from a line, relative to the largest value. */
const ROUNDING = 1e-5

/**
 * The bytes that an image is made from, by moves and one elementwise map of constants (normalisation, say). Undefined
 * where no bytes are, a text where the map is no line for every channel of the last axis.
 */
export function byteImage(image: Node): ByteImage | string | undefined {
  const moves: Node[] = []
  let source = image
  while (source.op === 'transpose' || source.op === 'reshape' || source.op === 'slice') {
    moves.unshift(source)
    source = source.operands[0]
  }
  const moved = (node: Node): Node => moves.reduce((value, move) => fold(withOperands(move, [value])), node)
  const channels = image.type.shape.at(-1)!
  if (source.type.dtype === 'u8')
    return { bytes: moved(source), lines: Array.from({ length: channels }, () => ({ scale: 1, shift: 0, error: 0 })) }
  const bytes = source.op === 'map' ? soleInput(source) : undefined
  if (source.op !== 'map' || bytes?.type.dtype !== 'u8') return undefined
  // Which values of the map's constants meet which element is moved along with it.
  const shape = constantShape(source)
  const positions = indicesOf(source.type.shape, broadcastStrides(shape, source.type.shape))
  const meets = moved(constant(i32(source.type.shape, positions), source.origin))
  const found = meets.op === 'constant' ? (meets.attrs.value.values as Int32Array) : undefined
  if (!found || !sameShape(bytes.type.shape, source.type.shape)) return 'its input is no map of bytes alone'
  const first = found.subarray(0, channels)
  if (found.some((position, i) => position !== first[i % channels])) return 'its input differs within a channel'
  const lineAt = lineFitter(source, shape)
  const fitted = new Map([...new Set(first)].map(position => [position, lineAt(position)]))
  const lines = Array.from(first, position => fitted.get(position)!)
  if (lines.some(({ scale, shift, error }) => !(error <= ROUNDING * (Math.abs(shift) + 255 * Math.abs(scale)))))
    return 'its input is no linear function of the bytes'
  return { bytes: moved(bytes), lines }
}

/** The one operand that is no constant. */
function soleInput({ operands }: Node<'map'>): Node | undefined {
  const [input, ...others] = operands.filter(({ op }) => op !== 'constant')
  return others.length === 0 ? input : undefined
}

/** Broadcast shape of the map's constants: one position for every set of their values. */
const constantShape = ({ operands, type }: Node<'map'>): Shape =>
  type.shape.map((_, axis) =>
    Math.max(1, ...operands.filter(({ op }) => op === 'constant').map(operand => operand.type.shape[axis]!)),
  )

/** A byte has 256 values: the map is evaluated at all of them, with the interpreter's rounding. */
function lineFitter({ operands, attrs: { expr } }: Node<'map'>, shape: Shape) {
  const run = evaluator(
    expr,
    operands.map(operand => operand.type.dtype),
  )
  const sources = operands.map(operand =>
    operand.op === 'constant'
      ? { values: operand.attrs.value.values, at: indicesOf(shape, broadcastStrides(operand.type.shape, shape)) }
      : undefined,
  )
  return (position: number): Line => {
    const values = Array.from({ length: 256 }, (_, byte) =>
      run(sources.map(source => (source ? Number(source.values[source.at[position]!]) : byte))),
    )
    const shift = values[0]!
    const scale = (values[255]! - shift) / 255
    const error = Math.max(...values.map((value, byte) => Math.abs(value - (scale * byte + shift))))
    return { scale, shift, error }
  }
}
