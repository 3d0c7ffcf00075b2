import { bits, f32, i32 } from '../../src/ir/tensor.ts'
import { count, model, nodeModel } from '../onnx.ts'

const image = { x: 'float[1,2,5,5]' }
const weights = { w: count([1, 2, 3, 3]) }
const list = (...values: readonly number[]) => i32([values.length], values)

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
    [
      nodeModel('Relu', image, {}, { in: ['nothing'] }),
      "Relu 'node' reads 'nothing', which nothing before it produces.",
    ],
    [nodeModel('Relu', image, {}, { in: ['out'] }), "reads 'out', which nothing before it produces"],
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
      nodeModel('Pad', image, { mode: 'reflect' }, { initializers: { p: list(0, 0, 1, 1, 0, 0, 1, 1) } }),
      'has mode=reflect; supported: constant.',
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
      nodeModel('Add', { x: 'int64[2]', y: 'int64[2]' }),
      'takes operands of types i64, i64 (add does not take (i64, i64)); supported: float operands.',
    ],
    [nodeModel('Cast', { x: 'float[2]' }, { to: 6 }), 'converts f32 activations to int32'],
    [nodeModel('Cast', { x: 'int64[2]' }, { to: 1 }), 'converts a 64-bit integer input to float'],
    [
      nodeModel('MatMul', { x: 'float[2,3]' }, {}, { initializers: { w: count([2, 3, 4]) } }),
      'multiplies by a batch of matrices [2,3,4]; supported: one constant matrix.',
    ],
    [
      nodeModel('MatMul', { x: 'float[3,2]' }, {}, { initializers: { w: count([2, 3]) }, in: ['w', 'x'] }),
      'multiplies a constant by an activation',
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
    [nodeModel('Gelu', image, {}, { opset: 20 }), 'uses the error function; supported: approximate=tanh.'],
  ],
  'not-constant': [
    [
      nodeModel('Conv', { ...image, w: 'float[1,2,3,3]' }),
      "Conv 'node' takes its weights from a value that depends on the input; supported: a constant.",
    ],
    [nodeModel('MatMul', { x: 'float[2,3]', y: 'float[3,2]' }), 'a product of two activations is not supported'],
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
    [nodeModel('Relu', { x: 'string[1]' }), "The input 'x' is string; supported: float, uint8, int32, int64."],
    [nodeModel('Relu', { x: 'float' }), "The input 'x' is of unknown rank; supported: a fixed shape."],
  ],
  'unsupported-output-type': [
    [
      nodeModel('Shape', image, {}, { outputs: { out: 'int64' } }),
      "The output 'out' is int64; supported: float, int32, bool.",
    ],
  ],
  'not-finite': [
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
