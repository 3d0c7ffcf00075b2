import { elements, f32, i32, type Shape, type Tensor } from '../../src/ir/tensor.ts'
import { model, type NodeSpec } from '../onnx.ts'
import { seeded } from '../random.ts'

export interface Chain {
  readonly bytes: Uint8Array
  readonly feeds: ReadonlyMap<string, Tensor>
}

const SIZE = 8
const LAYERS = 3

/** Three layers with anything that may stand before a binary activation, in any order, and every kind of activation. */
export function randomChain(seed: number): Chain {
  const next = seeded(seed)
  const pick = <const T extends readonly unknown[]>(...choices: T): T[number] =>
    choices[Math.floor(next() * choices.length)]
  const nodes: NodeSpec[] = []
  const initializers: Record<string, Tensor> = { border: i32([8], [0, 0, 1, 0, 0, 0, 0, 1]) }
  const emit = (op: string, inputs: readonly string[], attrs: NodeSpec['attrs'] = {}): string => {
    const out = `v${nodes.length}`
    nodes.push({ op, in: inputs, out: [out], name: out, attrs })
    return out
  }
  const constant = (shape: Shape, value: () => number): string => {
    const name = `k${Object.keys(initializers).length}`
    initializers[name] = f32(
      shape,
      Float32Array.from({ length: elements(shape) }, () => value()),
    )
    return name
  }
  const scalar = (value: number) => constant([], () => value)
  const pool = (x: string, pads: readonly number[]) =>
    emit('MaxPool', [x], { kernel_shape: [2, 2], strides: [1, 1], pads })
  const before: readonly ((x: string, channels: number) => string)[] = [
    x => x,
    x => emit(pick('Relu', 'Abs', 'Neg'), [x]),
    x => emit('Clip', [x, scalar(pick(-1, 0, -0.5)), scalar(pick(1, 0.5, 2))]),
    (x, channels) => emit('Mul', [x, constant([channels, 1, 1], () => pick(-1, 0.5, 1, 2))]),
    (x, channels) => emit('Add', [x, constant([channels, 1, 1], () => pick(-1, 0.5, 1, 2, 0.25))]),
    (x, channels) => emit('PRelu', [x, constant([channels, 1, 1], () => pick(-1, 0.5, 0, 0.25))]),
    x => pool(x, pick([0, 0, 0, 0], [1, 0, 0, 1], [0, 0, 1, 1])),
    x => emit('Pad', [x, 'border', scalar(pick(0, 1, -1, 0.5))]),
  ]
  const activations: readonly ((x: string, channels: number) => string)[] = [
    x => emit('Sign', [x]),
    x => emit('Round', [emit('Clip', [x, scalar(0), scalar(1)])]),
    (x, channels) => {
      const threshold = constant([channels, 1, 1], () => pick(0, 0.25, -0.5))
      const condition = emit(pick('Less', 'Greater', 'GreaterOrEqual'), [x, threshold])
      return emit('Where', [condition, scalar(pick(1, 3)), scalar(pick(-1, 0))])
    },
    x => emit('Sign', [emit('Add', [emit('Sign', [x]), scalar(0.1)])]),
    x => emit('Cast', [emit('GreaterOrEqual', [x, scalar(0.25)])], { to: 1 }),
  ]
  const first = pick(1, 2, 3, 5, 33)
  let channels: number = first
  let x = 'x'
  for (let layer = 0; layer < LAYERS; layer++) {
    for (let k = 0; k < 2; k++) x = pick(...before)(x, channels)
    x = pick(...activations)(x, channels)
    if (next() < 0.3) x = pool(x, pick([0, 0, 0, 0], [1, 1, 0, 0]))
    const filters: number = pick(2, 7, 34)
    const alpha = pick(1, 0.5)
    const hasZeros = next() < 0.3
    const w = constant([filters, channels, 2, 2], () => (hasZeros ? pick(-1, 0, 1) : pick(-1, 1)) * alpha)
    x = emit('Conv', [x, w], { pads: pick([0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 1]) })
    channels = filters
  }
  const shape = [1, first, SIZE, SIZE]
  const odd = () => (2 * Math.floor(next() * 16 - 8) + 1) / 8
  return {
    bytes: model({ inputs: { x: `float[${shape}]` }, outputs: { [x]: 'float' }, nodes, initializers }),
    feeds: new Map([['x', f32(shape, Float32Array.from({ length: elements(shape) }, odd))]]),
  }
}
