import fc from 'fast-check'
import { elements, f32, type Shape, type Tensor } from '../../src/ir/tensor.ts'
import { type ModelSpec, model, type NodeSpec } from '../onnx.ts'
import { seeded } from '../random.ts'

/**
 * Small binarized networks as exporters write them, with dyadic numbers: every float that onnxruntime computes is
 * exact, in any order of summation, and no value before a Sign is 0. So nothing may differ.
 */
export interface Block {
  readonly filters: number
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly pads: readonly [number, number, number, number]
  readonly grouped: boolean
  readonly bias: boolean
  readonly relu: boolean
  readonly pool: 'none' | 'max' | 'average'
  readonly poolPads: boolean
  /** BatchNormalization, or the Mul and Add that exporters make of it. */
  readonly norm: 'node' | 'mul-add'
}

export interface Network {
  readonly channels: number
  readonly height: number
  readonly width: number
  /** A sign, or a float layer before it: of any weights, or of ±alpha. */
  readonly first: 'sign' | 'float' | 'signs'
  readonly blocks: readonly Block[]
  readonly dense: 'binary' | 'float' | 'signs' | 'none'
  readonly seed: number
}

const small = (max: number) => fc.integer({ min: 1, max })
const pair = (max: number) => fc.tuple(small(max), small(max))
const pad = fc.integer({ min: 0, max: 5 })

const block: fc.Arbitrary<Block> = fc.record({
  filters: small(70),
  kernel: pair(5),
  stride: pair(3),
  dilation: pair(2),
  pads: fc.tuple(pad, pad, pad, pad),
  grouped: fc.boolean(),
  bias: fc.boolean(),
  relu: fc.boolean(),
  pool: fc.constantFrom('none', 'max', 'average'),
  poolPads: fc.boolean(),
  norm: fc.constantFrom('node', 'mul-add'),
})

export const networks: fc.Arbitrary<Network> = fc.record({
  channels: small(70),
  height: fc.integer({ min: 3, max: 9 }),
  width: fc.integer({ min: 3, max: 9 }),
  first: fc.constantFrom('sign', 'float', 'signs'),
  blocks: fc.array(block, { minLength: 1, maxLength: 3 }),
  dense: fc.constantFrom('binary', 'float', 'signs', 'none'),
  seed: fc.integer({ min: 1, max: 1e6 }),
})

/** Writes the network as ONNX; a block that does not fit into the image any more ends it. */
export function networkModel(network: Network): Uint8Array {
  return model(new Writer(network.seed).write(network))
}

/** Multiples of 1/8 up to 4. */
export const networkInput = ({ channels, height, width, seed }: Network, sample: number): Tensor => {
  const next = seeded(seed * 17 + sample)
  const shape = [1, channels, height, width]
  return f32(
    shape,
    Float32Array.from({ length: elements(shape) }, () => Math.floor(next() * 65 - 32) / 8),
  )
}

class Writer {
  private readonly nodes: NodeSpec[] = []
  private readonly initializers: Record<string, Tensor> = {}
  private readonly next: () => number
  private shape: readonly [number, number, number] = [0, 0, 0]
  private value = 'input'

  constructor(seed: number) {
    this.next = seeded(seed)
  }

  write({ channels, height, width, first, blocks, dense }: Network): ModelSpec {
    this.shape = [channels, height, width]
    if (first !== 'sign') {
      const filters = 1 + Math.floor(this.next() * 40)
      const shape = [filters, channels, 3, 3]
      const weights = first === 'float' ? this.eighths(shape) : this.signs(shape)
      this.convolution(filters, [3, 3], { pads: [1, 1, 1, 1] }, weights, true)
      this.emit('Relu')
    }
    for (const each of blocks) if (this.fits(each)) this.block(each)
    if (dense !== 'none') this.dense(dense)
    return {
      inputs: { input: `float[1,${channels},${height},${width}]` },
      outputs: { [this.value]: 'float' },
      nodes: this.nodes,
      initializers: this.initializers,
      opset: 13,
    }
  }

  private block({ filters, kernel, stride, dilation, pads, grouped, bias, relu, pool, poolPads, norm }: Block): void {
    this.normalise(norm)
    this.emit('Sign')
    const group = grouped && this.shape[0] % 2 === 0 ? 2 : 1
    const outputs = group === 1 ? filters : filters + (filters % 2)
    const weights = this.signs([outputs, this.shape[0] / group, ...kernel])
    this.convolution(outputs, kernel, { strides: stride, dilations: dilation, pads, group }, weights, bias)
    if (relu) this.emit('Relu')
    if (pool !== 'none' && Math.min(this.shape[1], this.shape[2]) >= 2) this.pool(pool, poolPads)
  }

  /** Whether its result has at least one pixel. */
  private fits({ kernel, dilation, pads }: Block): boolean {
    const span = (axis: 0 | 1) => (kernel[axis] - 1) * dilation[axis] + 1
    return this.shape[1] + pads[0] + pads[2] >= span(0) && this.shape[2] + pads[1] + pads[3] >= span(1)
  }

  private convolution(
    filters: number,
    kernel: readonly [number, number],
    attrs: { strides?: readonly number[]; dilations?: readonly number[]; pads: readonly number[]; group?: number },
    weights: Tensor,
    bias: boolean,
  ): void {
    const { strides = [1, 1], dilations = [1, 1], pads } = attrs
    const inputs = [this.constant(weights)]
    if (bias) inputs.push(this.constant(this.numbers([filters], 2, 2)))
    this.emit('Conv', inputs, { kernel_shape: [...kernel], ...attrs })
    const size = (axis: 0 | 1) =>
      Math.floor(
        (this.shape[axis + 1]! + pads[axis]! + pads[axis + 2]! - (kernel[axis] - 1) * dilations[axis]! - 1) /
          strides[axis]!,
      ) + 1
    this.shape = [filters, size(0), size(1)]
  }

  private pool(kind: 'max' | 'average', padded: boolean): void {
    const pads = padded ? [1, 1, 0, 0] : [0, 0, 0, 0]
    const attrs = { kernel_shape: [2, 2], strides: [2, 2], pads }
    // Padding counts, so that every mean divides by 4.
    if (kind === 'max') this.emit('MaxPool', [], attrs)
    else this.emit('AveragePool', [], { ...attrs, count_include_pad: 1 })
    const size = (axis: 1 | 2) => Math.floor((this.shape[axis]! + (padded ? 1 : 0) - 2) / 2) + 1
    this.shape = [this.shape[0], size(1), size(2)]
  }

  /** Scales are ±1/2, ±1 or ±2; shifts are odd multiples of 2^-12, finer than anything before, so no sum is 0. */
  private normalise(norm: Block['norm']): void {
    const [channels] = this.shape
    const scale = Float32Array.from({ length: channels }, () => this.pick([-2, -1, -0.5, 0.5, 1, 2]))
    const shift = Float32Array.from(
      { length: channels },
      () => this.pick([-3, -1, 0, 1, 2]) + this.pick([-1, 1]) * 2 ** -12,
    )
    if (norm === 'mul-add') {
      this.emit('Mul', [this.constant(f32([1, channels, 1, 1], scale))])
      this.emit('Add', [this.constant(f32([1, channels, 1, 1], shift))])
      return
    }
    const variance = Float32Array.from({ length: channels }, () => this.pick([0.25, 1, 4]))
    const operands = [scale, shift, new Float32Array(channels), variance].map(values =>
      this.constant(f32([channels], values)),
    )
    this.emit('BatchNormalization', operands, { epsilon: { float: 0 } })
  }

  private dense(kind: 'binary' | 'float' | 'signs'): void {
    const features = this.shape[0] * this.shape[1] * this.shape[2]
    const classes = 7
    if (kind === 'binary') {
      this.normalise('mul-add')
      this.emit('Sign')
    }
    this.emit('Flatten')
    const weights = kind === 'float' ? this.eighths([classes, features]) : this.signs([classes, features])
    this.emit('Gemm', [this.constant(weights), this.constant(this.numbers([classes], 2, 2))], { transB: 1 })
  }

  private emit(op: string, inputs: readonly string[] = [], attrs: NonNullable<NodeSpec['attrs']> = {}): void {
    const output = `${op.toLowerCase()}_${this.nodes.length}`
    this.nodes.push({ op, in: [this.value, ...inputs], out: [output], name: output, attrs })
    this.value = output
  }

  private constant(tensor: Tensor): string {
    const name = `c${Object.keys(this.initializers).length}`
    this.initializers[name] = tensor
    return name
  }

  private pick(values: readonly number[]): number {
    return values[Math.floor(this.next() * values.length)]!
  }

  /** Multiples of 1/steps up to the limit. */
  private numbers(shape: Shape, steps: number, limit: number): Tensor {
    return f32(
      shape,
      Float32Array.from({ length: elements(shape) }, () => Math.round((this.next() * 2 - 1) * limit * steps) / steps),
    )
  }

  private eighths(shape: Shape): Tensor {
    return this.numbers(shape, 8, 1)
  }

  /** ±alpha per filter. */
  private signs(shape: Shape): Tensor {
    const size = elements(shape.slice(1))
    const values = new Float32Array(elements(shape))
    for (let o = 0; o < shape[0]!; o++) {
      const alpha = this.pick([0.25, 0.5, 1, 2])
      for (let i = 0; i < size; i++) values[o * size + i] = this.next() < 0.5 ? alpha : -alpha
    }
    return f32(shape, values)
  }
}
