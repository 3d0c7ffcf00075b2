import { model, type NodeSpec } from '../../onnx.ts'
import { given, int64, type Operator, one, output } from './operator.ts'

const indices = output('int64')

/** Integers of every size that an input may have, and bool. */
export const integers: readonly Operator[] = [
  ...['int8', 'uint8', 'int32', 'int64', 'bool'].map(type => one('Cast', { x: `${type}[2,3,11]` }, { to: 1 })),
  ...['int8', 'uint8', 'int64'].map(type => one('Cast', { x: `${type}[2,37]` }, { to: 6 }, output('int32'))),
  ...['int8', 'int64'].map(type => one('Cast', { x: `${type}[2,37]` }, { to: 9 }, output('bool'))),
  ...['int8', 'uint8', 'int32', 'int64'].map(type =>
    one('Greater', { x: `${type}[2,37]`, y: `${type}[2,1]` }, {}, output('bool')),
  ),
  one('Add', { x: 'int64[2,37]', y: 'int64[37]' }, {}, output('int64')),
  ...['Add', 'Sub', 'Mul', 'Div'].flatMap(op =>
    (['int8', 'uint8'] as const).map(type =>
      one(
        op,
        { x: `${type}[37]` },
        {},
        given({ y: { type, dims: [37], ints: Array.from({ length: 37 }, (_, k) => 3 * k + 1) } }, output(type)),
      ),
    ),
  ),
  one('Cast', { x: 'float[2,37]' }, { to: 6 }, output('int32')),
  one('Cast', { x: 'float[2,37]' }, { to: 3 }, output('int8')),
  one('Cast', { x: 'int32[2,37]' }, { to: 3 }, output('int8')),
  one('Cast', { x: 'int32[2,37]' }, { to: 2 }, output('uint8')),
]

/** TopK with both of its outputs. */
const topK = (x: string, k: number, attrs: NodeSpec['attrs'] = {}, opset = 17): Operator => ({
  name: `TopK ${k} of ${x} ${JSON.stringify(attrs)}`,
  bytes: model({
    inputs: { x },
    outputs: { values: x.startsWith('int64') ? 'int64' : 'float', at: 'int64' },
    nodes: [
      {
        op: 'TopK',
        in: opset < 10 ? ['x'] : ['x', 'k'],
        out: ['values', 'at'],
        attrs: opset < 10 ? { ...attrs, k } : attrs,
      },
    ],
    initializers: opset < 10 ? {} : { k: int64(k) },
    opset,
  }),
})

export const rankings: readonly Operator[] = [
  ...['ArgMax', 'ArgMin'].flatMap(op => [
    one(op, { x: 'float[3,10]' }, { axis: 1 }, indices),
    one(op, { x: 'float[2,5,7,3]' }, { axis: -3, keepdims: 0 }, indices),
    one(op, { x: 'float[2,40]' }, {}, indices),
    one(op, { x: 'float[9]' }, { axis: 0, keepdims: 0 }, { ...indices, opset: 11 }),
    // Equal values: the first of them, or the last.
    one(op, { x: 'int32[2,700]' }, { axis: -1 }, indices),
    one(op, { x: 'int32[2,700]' }, { axis: -1, select_last_index: 1 }, indices),
    one(op, { x: 'uint8[3,600]' }, { axis: 1 }, indices),
  ]),
  topK('float[3,10]', 1),
  topK('float[3,10]', 5),
  topK('float[3,10]', 10, { largest: 0 }),
  topK('float[2,5,6]', 3, { axis: 1, sorted: 1 }),
  topK('float[3,10]', 2, { axis: 0 }, 9),
  topK('int64[2,600]', 4),
  topK('int64[2,600]', 4, { largest: 0 }),
]
