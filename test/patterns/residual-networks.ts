import { elements, f32, type Tensor } from '../../src/ir/tensor.ts'
import { model, type NodeSpec } from '../onnx.ts'
import { seeded } from '../random.ts'

/**
 * Residual networks as PyTorch exports them, with numbers whose float sums are exact in any order: weights ±2^-k, small
 * multiples of powers of two, batch norms whose variance + epsilon is a square. Some shifts are odd multiples of a
 * number finer than what they are added to, so that no sign meets a 0; the comments give the finest unit of a value.
 */
class Builder {
  readonly nodes: NodeSpec[] = []
  readonly initializers: Record<string, Tensor> = {}
  private readonly next: () => number

  constructor(seed: number) {
    this.next = seeded(seed)
  }

  emit(op: string, inputs: readonly string[], attrs: NodeSpec['attrs'] = {}): string {
    const out = `${op.toLowerCase()}_${this.nodes.length}`
    this.nodes.push({ op, in: inputs, out: [out], name: out, attrs })
    return out
  }

  constant(shape: readonly number[], value: () => number): string {
    const name = `p${Object.keys(this.initializers).length}`
    this.initializers[name] = f32(
      shape,
      Float32Array.from({ length: elements(shape) }, () => value()),
    )
    return name
  }

  pick<T>(...choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)]!
  }

  /** An odd multiple of `unit` up to 1/2. */
  odd(unit: number): number {
    return (2 * Math.floor((this.next() - 0.5) / (2 * unit)) + 1) * unit
  }

  /** A multiple of 1/64 up to 1/2. */
  coarse(): number {
    return Math.floor((this.next() - 0.5) * 64) / 64
  }

  binaryConv(x: string, inputs: number, outputs: number, kernel: number, stride = 1): string {
    const alphas = Array.from({ length: outputs }, () => this.pick(1 / 16, 1 / 32))
    let i = 0
    const size = inputs * kernel * kernel
    const w = this.constant([outputs, inputs, kernel, kernel], () => this.pick(-1, 1) * alphas[Math.floor(i++ / size)]!)
    const pad = (kernel - 1) / 2
    return this.emit('Conv', [x, w], { strides: [stride, stride], pads: [pad, pad, pad, pad] })
  }

  floatConv(x: string, inputs: number, outputs: number, kernel: number): string {
    const w = this.constant([outputs, inputs, kernel, kernel], () => this.pick(-0.5, -0.25, 0, 0.25, 0.5))
    const pad = (kernel - 1) / 2
    return this.emit('Conv', [x, w], { pads: [pad, pad, pad, pad] })
  }

  /** `unit`: of the shift, where it decides the signs. */
  batchNorm(x: string, channels: number, unit?: number): string {
    const epsilon = 2 ** -10
    const gain = this.constant([channels], () => this.pick(-1, 0.5, 1))
    const bias = this.constant([channels], () => (unit ? this.odd(unit) : this.coarse()))
    const mean = this.constant([channels], () => this.pick(-0.5, 0, 0.25))
    const variance = this.constant([channels], () => this.pick(0.25, 1) - epsilon)
    return this.emit('BatchNormalization', [x, gain, bias, mean, variance], { epsilon })
  }

  bias(x: string, channels: number, unit?: number): string {
    const value = () => (unit ? this.odd(unit) : this.coarse())
    return this.emit('Add', [x, this.constant([1, channels, 1, 1], value)])
  }

  average(x: string): string {
    return this.emit('AveragePool', [x], { kernel_shape: [2, 2], strides: [2, 2] })
  }

  /** RPReLU: shift, PReLU with a slope per channel, shift. */
  rprelu(x: string, channels: number): string {
    const slope = this.constant([channels, 1, 1], () => this.pick(0.5, 0, -0.5))
    return this.bias(this.emit('PRelu', [this.bias(x, channels), slope]), channels)
  }

  rsign(x: string, channels: number, unit: number): string {
    return this.emit('Sign', [this.bias(x, channels, unit)])
  }

  finish(x: string, channels: number, size: number): Uint8Array {
    const flat = this.emit('Flatten', [this.emit('GlobalAveragePool', [x])])
    const w = this.constant([5, channels], () => this.pick(-1, -0.5, 0.5, 1))
    const b = this.constant([5], () => this.coarse())
    const y = this.emit('Gemm', [flat, w, b], { transB: 1 })
    return model({
      inputs: { x: `float[1,3,${size},${size}]` },
      outputs: { [y]: 'float' },
      nodes: this.nodes,
      initializers: this.initializers,
    })
  }
}

/** Bi-Real Net: every binary convolution has a shortcut; where it halves the image, an average and a float 1×1. */
export function biRealNet(seed: number): Uint8Array {
  const net = new Builder(seed)
  let channels = 8
  // 2^-3 · 2^-2 · 2^-1 = 2^-6, shifted by 2^-8.
  let x = net.batchNorm(net.floatConv('x', 3, channels, 3), channels, 2 ** -8)
  const layers = [
    [8, 1],
    [16, 2],
    [16, 1],
  ] as const
  for (const [outputs, stride] of layers) {
    const main = net.batchNorm(net.binaryConv(net.emit('Sign', [x]), channels, outputs, 3, stride), outputs)
    // 2^-8 · 2^-2 · 2^-2 · 2^-1 = 2^-13, shifted by 2^-14.
    const half = () => net.batchNorm(net.floatConv(net.average(x), channels, outputs, 1), outputs, 2 ** -14)
    x = net.emit('Add', [main, stride === 1 ? x : half()])
    channels = outputs
  }
  return net.finish(x, channels, 8)
}

/** ReActNet: RSign, 3×3, RPReLU, then 1×1; where the channels double, two 1×1 side by side. */
export function reActNet(seed: number): Uint8Array {
  const net = new Builder(seed)
  let channels = 8
  let unit = 2 ** -6
  let x = net.batchNorm(net.floatConv('x', 3, channels, 3), channels)
  const blocks = [
    [false, 1],
    [true, 2],
  ] as const
  for (const [doubles, stride] of blocks) {
    const size = channels
    const wide = net.batchNorm(net.binaryConv(net.rsign(x, size, unit / 2), size, size, 3, stride), size)
    // The average of 4 has a quarter of the unit, and every RPReLU half of it.
    unit /= stride * stride * 2
    const middle = net.rprelu(net.emit('Add', [wide, stride === 1 ? x : net.average(x)]), size)
    const side = () => {
      const narrow = net.binaryConv(net.rsign(middle, size, unit / 2), size, size, 1)
      return net.emit('Add', [net.batchNorm(narrow, size), middle])
    }
    unit /= 2
    channels *= doubles ? 2 : 1
    x = net.rprelu(doubles ? net.emit('Concat', [side(), side()], { axis: 1 }) : side(), channels)
  }
  return net.finish(x, channels, 8)
}
