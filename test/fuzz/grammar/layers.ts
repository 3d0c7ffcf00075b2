import { elements } from '../../../src/ir/tensor.ts'
import { type Builder, type Kind, require } from '../builder.ts'
import type { Choices } from '../choices.ts'
import type { Value } from '../network.ts'
import { kindOf } from './elementwise.ts'
import { fewBitKind, quantised } from './few-bits.ts'
import { type Rules, rule } from './rule.ts'

const weightKind = (c: Choices): Kind =>
  c.oneOf<Kind>('ones', 'signs', 'scaled signs', 'signs', 'dyadic', 'levels', 'signs', 'scaled signs', 'ordinary')

/** Weights as stored, or as the trained ones that a network binarizes itself: Sign(W) times alpha per filter. */
function weightsOf(b: Builder, c: Choices, shape: readonly number[]): string {
  if (b.opset < 9 || !c.once(6)) return b.floats(c, shape, c.once(3) ? fewBitKind(c) : weightKind(c))
  const type = { type: 'float', shape } as const
  const signs = b.add('Sign', [b.floats(c, shape, 'signs')], type)
  const result = c.pick(2)
    ? b.add('Mul', [signs, b.floats(c, [shape[0]!, ...shape.slice(1).map(() => 1)], 'scaled signs')], type)
    : signs
  // Values of constants alone are of no use as activations.
  b.values.splice(b.values.indexOf(signs))
  return result.name
}

/** Windows over the spatial axes, square or not, as large as the image on purpose. */
export function windowOf(b: Builder, c: Choices, spatial: readonly number[], isPool = false) {
  const whole = c.once(6)
  const kernel = spatial.map(size => (whole ? size : [1, 2, 3, 1][c.pick(4)]!))
  const strides = spatial.map(() => 1 + c.near(3))
  const dilations = spatial.map(() => (isPool && b.opset < 19 ? 1 : 1 + c.near(2)))
  const pads = [...spatial, ...spatial].map((_, k) => {
    const pad = c.near(3)
    return isPool ? Math.min(pad, kernel[k % spatial.length]! - 1) : pad
  })
  const span = kernel.map((size, k) => (size - 1) * dilations[k]! + 1)
  const mode = c.pick(8)
  const same = mode >= 6 && !isPool
  const auto = same ? { auto_pad: c.oneOf('SAME_UPPER', 'SAME_LOWER') } : mode === 5 ? { auto_pad: 'VALID' } : { pads }
  const sizes = spatial.map((size, k) => {
    if (same) return Math.ceil(size / strides[k]!)
    const padding = mode === 5 ? 0 : pads[k]! + pads[k + spatial.length]!
    return Math.floor((size + padding - span[k]!) / strides[k]!) + 1
  })
  // onnxruntime pads SAME with dilations by a rule of its own.
  require(sizes.every(size => size >= 1) && (!same || dilations.every(each => each === 1)))
  const attrs = {
    kernel_shape: kernel,
    ...(c.pick(3) || strides.some(each => each > 1) ? { strides } : {}),
    ...(dilations.some(each => each > 1) ? { dilations } : {}),
    ...auto,
  }
  return { kernel, sizes, attrs }
}

/** An image in channels-first order, which tf2onnx transposes to before a convolution and back after it. */
export function inImages(b: Builder, c: Choices, make: (x: Value) => Value): void {
  const x = b.float(c, 4, 4, 4, 3)
  // A single pixel is a flattened image: transposes would only hide it.
  const isPixel = x.shape.slice(2).every(size => size === 1)
  if (b.style === 'torch' || isPixel || x.shape.length === 3 || c.once(3)) return void make(x)
  const moved = (value: Value, perm: readonly number[]) =>
    b.add('Transpose', [value], { type: 'float', shape: perm.map(axis => value.shape[axis]!) }, { perm })
  moved(make(moved(x, [0, 3, 1, 2])), [0, 2, 3, 1])
}

export const layers = {
  Conv: rule(
    (b, c) =>
      inImages(b, c, x => {
        const [n, channels, ...spatial] = x.shape as [number, number, ...number[]]
        const group = c.once(5) && channels % 2 === 0 ? 2 : c.once(8) ? channels : 1
        const filters = group * (group > 1 ? 1 + c.pick(2) : b.size(c))
        const { kernel, sizes, attrs } = windowOf(b, c, spatial)
        require(elements([filters, channels / group, ...kernel]) * elements(sizes) * n <= 60_000)
        const weights = weightsOf(b, c, [filters, channels / group, ...kernel])
        const input = c.once(3) && b.opset >= 8 ? quantised(b, c, x) : x
        const bias = c.once(3) ? [b.floats(c, [filters], kindOf(c))] : []
        const result = { type: 'float', shape: [n, filters, ...sizes] } as const
        return b.add('Conv', [input, weights, ...bias], result, { ...attrs, ...(group > 1 ? { group } : {}) })
      }),
    6,
    14,
  ),
  Gemm: rule(
    (b, c) => {
      const given = b.float(c, 2, 2, 3, 4)
      const rows = given.shape[0]!
      const x =
        given.shape.length === 2
          ? given
          : b.add('Flatten', [given], { type: 'float', shape: [rows, elements(given.shape) / rows] }, { axis: 1 })
      const [transA, transB] = [c.once(6), c.pick(2) === 1]
      const [m, k] = transA ? [x.shape[1]!, x.shape[0]!] : (x.shape as [number, number])
      const n = b.size(c)
      const weights = weightsOf(b, c, transB ? [n, k] : [k, n])
      const shapes = [[n], [1, n], [m, 1], [m, n], [1], []]
      const bias = b.opset >= 7 && c.pick(2) ? [b.floats(c, shapes[c.pick(shapes.length)]!, kindOf(c))] : []
      const scales = Object.fromEntries(
        ['alpha', 'beta'].filter(() => c.once(4)).map(name => [name, { float: c.oneOf(0.5, 2, 0, -1) }]),
      )
      // Before opset 11 the operand C is not optional.
      require(bias.length > 0 || b.opset >= 11)
      b.add(
        'Gemm',
        [x, weights, ...bias],
        { type: 'float', shape: [m, n] },
        {
          ...scales,
          ...(transA ? { transA: 1 } : {}),
          ...(transB ? { transB: 1 } : {}),
        },
      )
    },
    7,
    6,
  ),
  MatMul: rule(
    (b, c) => {
      const given = b.float(c)
      const x = c.once(3) && b.opset >= 8 ? quantised(b, c, given) : given
      const k = x.shape.at(-1)
      require(k !== undefined)
      const n = b.size(c)
      const vector = c.once(8)
      const weights = weightsOf(b, c, vector ? [k] : [k, n])
      const rows = x.shape.slice(0, -1)
      b.add('MatMul', [x, weights], { type: 'float', shape: vector ? rows : [...rows, n] })
    },
    6,
    4,
  ),
  BatchNormalization: rule(
    (b, c) => {
      const x = b.float(c, 4, 4, 2, 3)
      const channels = x.shape[1]!
      const ordinary = c.once(5)
      // A variance and an epsilon that add up to a power of 4 divide exactly.
      const variance = Array.from(
        { length: channels },
        () => (ordinary ? 0.3 + c.pick(5) : [1, 0.25, 4][c.pick(3)]!) - 2 ** -10,
      )
      const parameters = [
        b.floats(
          c,
          [channels],
          c.oneOf<Kind>('ones', 'dyadic', 'levels', 'scaled signs', ordinary ? 'ordinary' : 'dyadic'),
        ),
        b.floats(c, [channels], kindOf(c)),
        b.floats(c, [channels], c.oneOf<Kind>('ones', 'dyadic', ordinary ? 'ordinary' : 'levels')),
        b.constant(c, { type: 'float', shape: [channels], values: variance.map(Math.fround) }),
      ]
      // The oldest form is in training mode unless it says otherwise.
      const old = b.opset < 7 ? { is_test: 1 } : {}
      b.add('BatchNormalization', [x, ...parameters], x, { epsilon: { float: 2 ** -10 }, ...old })
    },
    7,
    9,
  ),
  LRN: rule(
    (b, c) => {
      const x = b.float(c, 4)
      b.add('LRN', [x], x, {
        size: 3 + 2 * c.pick(2),
        alpha: { float: c.oneOf(1, 0.5, 0) },
        beta: { float: c.oneOf(0.75, 0.5) },
      })
    },
    6,
    1,
  ),
  Softmax: rule((b, c) => softmax(b, c, 'Softmax'), 6, 1),
  LogSoftmax: rule((b, c) => softmax(b, c, 'LogSoftmax'), 6, 1),
  MaxPool: rule((b, c) => inImages(b, c, x => slide(b, c, x, 'MaxPool')), 6, 5),
  AveragePool: rule((b, c) => inImages(b, c, x => slide(b, c, x, 'AveragePool')), 6, 3),
  GlobalMaxPool: rule((b, c) => globalPool(b, c, 'GlobalMaxPool')),
  GlobalAveragePool: rule((b, c) => globalPool(b, c, 'GlobalAveragePool')),
} satisfies Rules

function softmax(b: Builder, c: Choices, op: string): void {
  const x = b.float(c, 2, 1, 3, 4)
  b.add(op, [x], x, c.pick(2) ? { axis: c.pick(x.shape.length) } : {})
}

function slide(b: Builder, c: Choices, x: Value, op: string): Value {
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]]
  const { sizes, attrs } = windowOf(b, c, spatial, true)
  const counted = op === 'AveragePool' && b.opset >= 7 && c.once(3) ? { count_include_pad: 1 } : {}
  return b.add(op, [x], { type: 'float', shape: [n, channels, ...sizes] }, { ...attrs, ...counted })
}

function globalPool(b: Builder, c: Choices, op: string): void {
  const x = b.float(c, 4, 3)
  b.add(op, [x], { type: 'float', shape: x.shape.map((size, axis) => (axis < 2 ? size : 1)) })
}
