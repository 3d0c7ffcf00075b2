import { f32 } from '../../../src/ir/tensor.ts'
import { model, type NodeSpec } from '../../onnx.ts'
import { feature, given, int64, type Operator, one, random } from './operator.ts'

const pads = (...longs: readonly number[]) => given({ p: int64(...longs) })
export const borders: readonly Operator[] = [
  ...['reflect', 'edge', 'wrap'].flatMap(mode => {
    const opset = mode === 'wrap' ? 19 : 18
    return [
      one('Pad', feature, { mode }, { ...pads(0, 0, 2, 1, 0, 0, 1, 3), opset }),
      one('Pad', feature, { mode }, { ...pads(1, 3, 0, 0, 0, 2, 0, 4), opset }),
      one('Pad', { x: 'float[2,9]' }, { mode }, { ...pads(0, 8, 0, 5), opset }),
    ]
  }),
  one('Pad', feature, { mode: 'edge' }, pads(0, 0, 30, 1, 0, 0, 1, 30)),
  one('Pad', feature, { mode: 'reflect', pads: [0, 0, 1, 2, 0, 0, 3, 4] }, { opset: 9 }),
  one(
    'Gather',
    { x: 'float[2,40,3]' },
    { axis: 1 },
    given({ i: int64(...Array.from({ length: 50 }, (_, k) => (k * 17) % 40)) }),
  ),
]

/** Resize of an image to scales, or to sizes. */
const resize = (
  attrs: NonNullable<NodeSpec['attrs']>,
  scales: readonly number[] = [],
  sizes: readonly number[] = [],
  x = 'float[1,2,5,7]',
  opset = 19,
): Operator => ({
  name: `Resize of ${x} to ${scales}${sizes} ${JSON.stringify(attrs)}`,
  bytes: model({
    inputs: { x },
    outputs: { y: 'float' },
    nodes: [
      {
        op: 'Resize',
        in: ['x', 'roi', scales.length > 0 ? 'scales' : '', ...(sizes.length > 0 ? ['sizes'] : [])],
        out: ['y'],
        attrs,
      },
    ],
    initializers: {
      roi: f32([8], [0, 0, 0.1, 0.2, 1, 1, 0.9, 1.2]),
      ...(scales.length > 0 ? { scales: f32([scales.length], scales) } : {}),
      ...(sizes.length > 0 ? { sizes: int64(...sizes) } : {}),
    },
    opset,
  }),
})

const transforms = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
]
export const resizes: readonly Operator[] = [
  ...transforms.flatMap(coordinate_transformation_mode => [
    resize({ mode: 'nearest', coordinate_transformation_mode }, [1, 1, 2, 3]),
    resize({ mode: 'nearest', coordinate_transformation_mode }, [1, 1, 0.6, 1.7]),
    resize({ mode: 'linear', coordinate_transformation_mode, extrapolation_value: 2.5 }, [1, 1, 2, 1.7]),
    resize({ mode: 'linear', coordinate_transformation_mode }, [], [1, 2, 3, 20]),
  ]),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].flatMap(nearest_mode =>
    ['half_pixel', 'asymmetric', 'align_corners'].map(coordinate_transformation_mode =>
      resize({ mode: 'nearest', nearest_mode, coordinate_transformation_mode }, [], [1, 2, 8, 3]),
    ),
  ),
  resize({ mode: 'cubic' }, [1, 1, 2, 1.7]),
  resize({ mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 }, [1, 1, 0.6, 2]),
  resize({ mode: 'cubic', coordinate_transformation_mode: 'align_corners' }, [], [1, 2, 9, 9]),
  resize({ mode: 'nearest' }, [1, 1, 2], [], 'float[1,3,30]'),
  resize({ mode: 'linear' }, [1, 1, 2], [], 'float[1,3,30]'),
  resize({ mode: 'nearest' }, [2, 3], [], 'float[5,4]'),
  {
    name: 'Resize of two axes that keep their proportions',
    bytes: model({
      inputs: { x: 'float[1,3,5,7]' },
      outputs: { y: 'float' },
      nodes: [
        {
          op: 'Resize',
          in: ['x', '', '', 'sizes'],
          out: ['y'],
          attrs: { mode: 'linear', axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' },
        },
      ],
      initializers: { sizes: int64(9, 9) },
      opset: 19,
    }),
  },
  one('Resize', { x: 'float[1,2,5,7]' }, { mode: 'nearest' }, given({ s: f32([4], [1, 1, 1.6, 0.7]) }, { opset: 10 })),
  one('Resize', { x: 'float[1,2,5,7]' }, { mode: 'linear' }, given({ s: f32([4], [1, 1, 2, 3]) }, { opset: 10 })),
  one('Upsample', { x: 'float[1,2,5,7]' }, { mode: 'nearest' }, given({ s: f32([4], [1, 1, 2, 3]) }, { opset: 9 })),
  one('Upsample', { x: 'float[1,2,5,7]' }, { mode: 'linear' }, given({ s: f32([4], [1, 1, 2, 3]) }, { opset: 9 })),
  one('Upsample', { x: 'float[1,2,5,7]' }, { mode: 'linear', scales: { floats: [1, 1, 2, 3] } }, { opset: 7 }),
]

const up = (
  attrs: NonNullable<NodeSpec['attrs']>,
  kernel: readonly number[],
  x = 'float[1,4,5,6]',
  outputs = 3,
  opset = 17,
) =>
  one('ConvTranspose', { x }, attrs, given({ w: random(Number(/,(\d+)/.exec(x)![1]), outputs, ...kernel) }, { opset }))
export const transposedConvolutions: readonly Operator[] = [
  up({}, [3, 3]),
  up({ strides: [2, 2], pads: [1, 1, 1, 1] }, [4, 4]),
  up({ strides: [2, 3], pads: [1, 0, 2, 1], output_padding: [1, 2] }, [3, 5]),
  // Places that no tap reaches.
  up({ strides: [3, 4] }, [2, 2]),
  up({ strides: [2, 2], dilations: [3, 2] }, [3, 3]),
  up({ strides: [4, 6], dilations: [2, 4] }, [3, 5]),
  up({ strides: [2, 2], group: 2 }, [3, 3], 'float[2,4,5,6]'),
  up({ strides: [2, 2], group: 4 }, [2, 3], 'float[1,4,5,6]', 1),
  up({ strides: [2, 2], auto_pad: 'SAME_UPPER' }, [3, 3]),
  up({ strides: [2, 2], auto_pad: 'SAME_LOWER' }, [3, 4]),
  up({ strides: [2, 2], auto_pad: 'VALID' }, [3, 4]),
  up({ strides: [2, 2], output_shape: [11, 13] }, [4, 4]),
  up({ strides: [2], pads: [2, 1] }, [5], 'float[2,4,9]'),
  up({ pads: [2, 2, 2, 2] }, [3, 3]),
  one('ConvTranspose', { x: 'float[1,4,5,6]' }, { strides: [2, 2] }, given({ w: random(4, 3, 3, 3), b: random(3) })),
]
