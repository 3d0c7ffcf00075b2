import { bits, f32, i32, type Tensor } from '../../src/ir/tensor.ts'
import { count, type ModelSpec, model, type NodeSpec, node, nodeModel } from '../onnx.ts'

const image = { x: 'float[1,2,5,5]' }
const weights = { w: count([1, 2, 3, 3]) }
const list = (...values: readonly number[]) => i32([values.length], values)

const constantOfShape = (shape: Tensor, value?: Tensor): Uint8Array =>
  model({
    inputs: { x: 'float[4]' },
    outputs: { out: 'float' },
    nodes: [node('ConstantOfShape', ['shape'], 's', value ? { value } : {}), node('Add', ['x', 's'], 'out')],
    initializers: { shape },
  })

const range = (start: Tensor, limit: Tensor): Uint8Array =>
  nodeModel(
    'Range',
    {},
    {},
    { initializers: { start, limit, step: { ...start, values: start.values.slice().fill(1 as never) } } },
  )

/** Integers as attributes that the file has as floats. */
const asFloats: NonNullable<ModelSpec['change']> = proto => {
  for (const attribute of proto.graph!.node![0]!.attribute!) {
    if (attribute.type !== 2) continue
    attribute.type = 1
    attribute.f = Number(attribute.i)
  }
}

/** Every float attribute that becomes a number of an expression. */
const floatAttributes: readonly (readonly [op: string, attribute: string, rest: Rest])[] = [
  ['LeakyRelu', 'alpha', {}],
  ['Elu', 'alpha', {}],
  ['Selu', 'alpha', {}],
  ['Selu', 'gamma', {}],
  ['Celu', 'alpha', {}],
  ['ThresholdedRelu', 'alpha', {}],
  ['HardSigmoid', 'alpha', {}],
  ['HardSigmoid', 'beta', {}],
  ['BatchNormalization', 'epsilon', { initializers: { s: count([2]), b: count([2]), m: count([2]), v: count([2]) } }],
  ['LRN', 'alpha', { attrs: { size: 3 } }],
  ['LRN', 'beta', { attrs: { size: 3 } }],
  ['LRN', 'bias', { attrs: { size: 3 } }],
  ['Gemm', 'alpha', { inputs: { x: 'float[1,2]' }, initializers: { w: count([2, 2]) } }],
  ['Gemm', 'beta', { inputs: { x: 'float[1,2]' }, initializers: { w: count([2, 2]), b: count([2]) } }],
  ['MultiThreshold', 'out_scale', { domain: 'qonnx.custom_op.general', initializers: { t: count([1, 3]) } }],
  ['MultiThreshold', 'out_bias', { domain: 'qonnx.custom_op.general', initializers: { t: count([1, 3]) } }],
]

type Rest = NonNullable<Parameters<typeof nodeModel>[3]> & { readonly attrs?: NodeSpec['attrs'] }

/** By code: a file and what is said about it. */
export const samples: Readonly<Record<string, readonly (readonly [bytes: Uint8Array, message: string])[]>> = {
  'invalid-model': [
    [new Uint8Array(), 'The file is empty.'],
    [model({ nodes: [], ir: 0 }), 'The file has no ir_version.'],
    [
      model({
        nodes: [],
        change: proto => {
          proto.opsetImport = []
        },
      }),
      'The file names no version of the ONNX operator set',
    ],
    [model({ nodes: [] }), 'The graph has no outputs; the file may be truncated.'],
    [
      model({
        inputs: image,
        nodes: [],
        outputs: { x: 'float' },
        change: proto => proto.graph!.output!.push(proto.graph!.output![0]!),
      }),
      "The graph has two outputs named 'x'.",
    ],
    [model({ nodes: [], outputs: { y: 'float[1]' } }), "Nothing produces the output 'y' of the graph."],
  ],
  'unsupported-opset': [
    [
      nodeModel('Relu', image, {}, { opset: 5 }),
      'The model uses version 5 of the ONNX operator set; supported: 6 to 25.',
    ],
    [nodeModel('Relu', image, {}, { opset: 99 }), 'version 99'],
  ],
  'invalid-tensor': [
    [
      nodeModel('Add', { x: 'float[2]' }, {}, { initializers: { y: f32([3], [1, 2]) } }),
      "Tensor 'y' has 8 bytes of data; float[3] needs 12.",
    ],
  ],
  'unsupported-tensor-type': [
    [
      nodeModel('Add', { x: 'float[1]' }, {}, { initializers: { y: { type: 'string', dims: [1] } } }),
      'has elements of type string',
    ],
  ],
  'external-data': [
    [
      nodeModel(
        'Add',
        { x: 'float[1]' },
        {},
        { initializers: { y: { type: 'float', dims: [1], external: { location: 'y.bin' } } } },
      ),
      "The data of tensor 'y' lie in the file 'y.bin', and no reader of such files was given.",
    ],
  ],
  'invalid-node': [
    [nodeModel('Relu', {}, {}), "Relu 'node' has no input 0."],
    [nodeModel('', image), 'has no operator type'],
    [nodeModel('Relu', image, {}, { in: ['nothing'] }), "Relu 'node' reads 'nothing', which nothing produces."],
    [nodeModel('Relu', image, {}, { in: ['out'] }), "Relu 'node' depends on its own result."],
    [
      model({ inputs: image, outputs: { x: 'float' }, nodes: [{ op: 'Relu', in: ['x'], out: ['x'] }] }),
      "Relu 'x' produces 'x', which exists already.",
    ],
    [
      nodeModel('Add', { x: 'float[2,3]', y: 'float[2,4]' }),
      'has operands that do not fit: sizes 3 and 4 do not broadcast.',
    ],
    [nodeModel('Concat', image), "Concat 'node' lacks the attribute axis."],
    [nodeModel('Flatten', image, { axis: { float: 1 } }), 'has axis as float; it should be int'],
    [nodeModel('Flatten', image, { axis: 5 }), 'names axis 5 of 4'],
    [nodeModel('Transpose', image, { perm: [0, 1] }), '[0,1] permutes its axes'],
    [
      nodeModel('Conv', image, {}, { initializers: { w: count([1, 3, 3, 3]) } }),
      'has 1 groups of 3 channels for an input of 2 channels',
    ],
    [
      nodeModel('Conv', image, { kernel_shape: [2, 2] }, { initializers: weights }),
      'has kernel_shape=[2,2] and weights of shape [1,2,3,3]',
    ],
    [nodeModel('Conv', image, { pads: [1, 1] }, { initializers: weights }), 'has pads=[1,1] for 2 spatial axes'],
    [nodeModel('MaxPool', image), 'lacks the attribute kernel_shape'],
    [nodeModel('MaxPool', image, { kernel_shape: [6, 6] }), 'slides a window of 6 over an axis of 5'],
    [nodeModel('Reshape', image, {}, { initializers: { s: list(3, -1) } }), 'reshapes [1,2,5,5] to [3,-1]'],
    [nodeModel('Squeeze', image, {}, { initializers: { a: list(1) } }), 'squeezes axes [1] of [1,2,5,5]'],
    [nodeModel('Unsqueeze', image, {}, { initializers: { a: list(1, 1) } }), 'names an axis twice in [1,1]'],
    [nodeModel('Split', image, { axis: 2 }, { initializers: { s: list(2, 2) } }), 'splits 5 elements into [2,2]'],
    [
      nodeModel('Gather', image, { axis: 1 }, { initializers: { i: list(2) } }),
      'gathers the indices [2] of an axis of 2',
    ],
    [nodeModel('Pad', image, {}, { initializers: { p: list(1, 2) } }), 'has pads=[1,2] for 4 axes'],
    [nodeModel('Split', image, { num_outputs: 4294967297 }, { opset: 18 }), 'has num_outputs=4294967297 and 1 outputs'],
    [nodeModel('Split', image, { num_outputs: 0 }, { opset: 18 }), 'has num_outputs=0 and 1 outputs'],
    [nodeModel('Split', image, { axis: 2 }, { initializers: { s: list(6, -1) } }), 'splits 5 elements into [6,-1]'],
    [nodeModel('Expand', image, {}, { initializers: { s: list(1, 2, 5, -5) } }), 'has the shape [1,2,5,-5]'],
    [constantOfShape(list(-4)), 'has the shape [-4]'],
    [constantOfShape(list(4), f32([2], [1, 2])), 'has 2 values to fill with'],
    [nodeModel('Tile', image, {}, { initializers: { r: list(1, 1, 0, 1) } }), 'repeats [1,2,5,5] [1,1,0,1] times'],
    [range(f32([], [0]), f32([], [Number.NaN])), 'goes from 0 to NaN in steps of 1'],
    [range(f32([], [0]), f32([], [Infinity])), 'goes from 0 to Infinity in steps of 1'],
    [range(i32([], [0]), i32([], [2 ** 30])), 'goes from 0 to 1073741824 in steps of 1'],
    [nodeModel('DepthToSpace', { x: 'float[1,4,5,5]' }, { blocksize: 0 }), 'has blocksize=0 for a size of 4'],
    [nodeModel('DepthToSpace', { x: 'float[1,4,5,5]' }, { blocksize: 3 }), 'has blocksize=3 for a size of 4'],
    [nodeModel('SpaceToDepth', { x: 'float[1,4,4,3]' }, { blocksize: 2 }), 'has blocksize=2 for a width of 3'],
    [nodeModel('SpaceToDepth', image, { blocksize: -1 }), 'has blocksize=-1 for a size of 5'],
    [nodeModel('LRN', image, { size: 2 ** 40 }), 'has size=1099511627776'],
    [nodeModel('Reshape', image, {}, { initializers: { s: list(-2, 25) } }), 'reshapes [1,2,5,5] to [-2,25]'],
    [nodeModel('Clip', image, { min: 3, max: { float: 1 } }, { opset: 6, change: asFloats }), 'has min=3 and max=1'],
  ],
  'unsupported-op': [
    [nodeModel('GRU', image), "GRU 'node' is not supported. Rewrite the model without it"],
    [nodeModel('Foo', image, {}, { domain: 'com.example' }), "Foo 'node' of domain com.example is not supported."],
    [nodeModel('constructor', image), "constructor 'node' is not supported."],
  ],
  'unsupported-attribute': [
    [nodeModel('Relu', image, { alpha: 2 }), "Relu 'node' has alpha=2; supported: a node without it."],
    [
      nodeModel('Conv', image, { auto_pad: 'SAME' }, { initializers: weights }),
      "Conv 'node' has auto_pad=SAME; supported: NOTSET, VALID, SAME_UPPER, SAME_LOWER.",
    ],
    [
      nodeModel('Pad', image, { mode: 'mirror' }, { initializers: { p: list(0, 0, 1, 1, 0, 0, 1, 1) } }),
      'has mode=mirror; supported: constant, edge, wrap, reflect.',
    ],
    [
      nodeModel(
        'BatchNormalization',
        { x: 'float[1,2]' },
        { training_mode: 1 },
        { initializers: { s: count([2]), b: count([2]), m: count([2]), v: count([2]) } },
      ),
      'has training_mode=1; supported: 0.',
    ],
  ],
  'unsupported-form': [
    [
      nodeModel('Conv', { x: 'float[1,2,5,5,5]' }, {}, { initializers: { w: count([1, 2, 3, 3, 3]) } }),
      "Conv 'node' takes a value of rank 5; supported: rank 3 (one spatial axis) and 4 (two).",
    ],
    [
      nodeModel('Max', { x: 'int8[2]', y: 'int8[2]' }),
      'takes operands of types i8, i8 (max does not take (i8, i8)); supported: float operands.',
    ],
    [nodeModel('Cast', { x: 'float[2]' }, { to: 12 }), 'converts f32 activations to uint32'],
    [
      nodeModel('MatMul', { x: 'float[512,512]', y: 'float[512,512]' }),
      "MatMul 'node' multiplies two activations with 134217728 products; supported: products with a constant",
    ],
    [
      nodeModel('MaxPool', image, { kernel_shape: [2, 2], pads: [3, 0, 0, 0] }),
      'has a window that lies in the padding',
    ],
    [
      nodeModel('Dropout', image, {}, { initializers: { r: f32([], [0.5]), t: bits([], [1]) } }),
      'is in training mode; supported: inference.',
    ],
    [nodeModel('Dropout', image, {}, { opset: 6 }), 'is in training mode'],
    [
      nodeModel('Slice', image, {}, { initializers: { s: list(3), e: list(3) } }),
      'makes a value of shape [0,2,5,5]; supported: values with at least one element.',
    ],
    [nodeModel('Gelu', image, { approximate: 'x' }, { opset: 20 }), 'has approximate=x; supported: approximate=none'],
  ],
  'not-constant': [
    [
      nodeModel('Conv', { ...image, w: 'float[1,2,3,3]' }),
      "Conv 'node' takes its weights from a value that depends on the input; supported: a constant.",
    ],
    [nodeModel('Reshape', { x: 'float[2]', s: 'int64[1]' }), 'takes its shape from a value that depends on the input'],
  ],
  'unsupported-output': [
    [
      model({
        inputs: image,
        outputs: { a: 'float', b: 'int64' },
        nodes: [{ op: 'MaxPool', in: ['x'], out: ['a', 'b'], attrs: { kernel_shape: [2, 2] } }],
      }),
      "MaxPool 'a' has its output 'b' used, which is not supported.",
    ],
  ],
  'symbolic-dimension': [
    [
      nodeModel('Relu', { x: 'float[N,C,?]' }),
      "Input 'x' leaves the size of axis 1 (C) open; only the batch axis may be.",
    ],
    [nodeModel('Relu', { x: 'float[N,?]' }), "Input 'x' leaves the size of axis 1 open"],
  ],
  'unsupported-input-type': [
    [
      nodeModel('Relu', { x: 'string[1]' }),
      "The input 'x' is string; supported: float, int8, uint8, int32, int64, bool.",
    ],
    [nodeModel('Relu', { x: 'float' }), "The input 'x' is of unknown rank; supported: a fixed shape."],
  ],
  'unsupported-output-type': [
    [
      nodeModel('Shape', image, {}, { outputs: { out: 'uint64' } }),
      "The output 'out' is uint64; supported: float, bool and integers of 8 to 64 bits.",
    ],
  ],
  'too-large': [
    [nodeModel('Relu', { x: 'float[1,65536,65536]' }), "input 'x' makes a value of shape [1,65536,65536]"],
    [nodeModel('Relu', { x: 'float[536870912]' }), 'supported: up to 2147483647 bytes'],
    [
      nodeModel('Pad', image, {}, { initializers: { p: list(0, 0, 0, 0, 0, 0, 2 ** 30, 2 ** 30) } }),
      "Pad 'node' makes a value of shape [1,2,1073741829,1073741829]",
    ],
    [nodeModel('Expand', image, {}, { initializers: { s: list(4096, 4096, 1, 1, 1) } }), "Expand 'node' makes"],
    [constantOfShape(list(65536, 65536)), "ConstantOfShape 's' makes a constant of shape [65536,65536]"],
    [
      nodeModel('Tile', { x: 'float[1024,1024]' }, {}, { initializers: { r: list(4096, 4096) } }),
      "Tile 'node' makes a value of shape",
    ],
    [
      nodeModel('Conv', image, { pads: [2 ** 24, 2 ** 24, 2 ** 24, 2 ** 24] }, { initializers: weights }),
      "Conv 'node' makes a value of shape",
    ],
  ],
  'too-many': [
    [nodeModel('Tile', image, {}, { initializers: { r: list(1, 1, 1, 5000) } }), "Tile 'node' has 5000 repeats"],
    [
      nodeModel(
        'MultiThreshold',
        { x: 'float[1,4]' },
        {},
        { domain: 'qonnx.custom_op.general', initializers: { t: count([1, 5000]) } },
      ),
      "MultiThreshold 'node' has 5000 thresholds per channel; supported: up to 1023",
    ],
  ],
  'not-finite': [
    ...floatAttributes.flatMap(([op, name, rest]) =>
      [Number.NaN, Infinity, -Infinity].map(value => {
        const bytes = nodeModel(op, image, { ...rest.attrs, [name]: { float: value } }, rest)
        return [bytes, `${op} 'node' has ${name}=${value}.`] as const
      }),
    ),
    [
      nodeModel('Pad', image, {}, { initializers: { p: list(0, 0, 1, 1, 0, 0, 1, 1), v: f32([], [Number.NaN]) } }),
      "Pad 'node' pads with NaN.",
    ],
    [
      nodeModel('Mul', { x: 'float[1]' }, {}, { initializers: { w: f32([1], [Infinity]) } }),
      "'w' is a constant with a value that is infinite or not a number.",
    ],
    [
      nodeModel(
        'BatchNormalization',
        { x: 'float[1,1]' },
        { epsilon: 0.0001 },
        { initializers: { s: f32([1], [1]), b: f32([1], [0]), m: f32([1], [0]), v: f32([1], [-1]) } },
      ),
      "'node' is a constant with a value that is infinite or not a number.",
    ],
  ],
}
