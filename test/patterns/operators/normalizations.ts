import { model } from '../../onnx.ts'
import { randomTensor } from '../../random.ts'
import { feature, given, type Operator, one, random } from './operator.ts'

const vectors = (count: number) => ({ scale: random(count), bias: randomTensor({ dtype: 'f32', shape: [count] }, 6) })
export const normalizations: readonly Operator[] = [
  one('Erf', { x: 'float[3,200]' }),
  one('Gelu', feature, {}, { opset: 20 }),
  one('Shrink', feature, { lambd: 0.3, bias: 0.2 }),
  one('LayerNormalization', { x: 'float[2,9,12]' }, {}, given(vectors(12))),
  one('LayerNormalization', { x: 'float[2,9,12]' }, { axis: 1, epsilon: 0.01 }, given({ scale: random(9, 12) })),
  one('InstanceNormalization', feature, {}, given(vectors(6))),
  one('InstanceNormalization', { x: 'float[2,6,9]' }, { epsilon: 0.1 }, given(vectors(6))),
  one('GroupNormalization', feature, { num_groups: 3 }, given(vectors(3), { opset: 18 })),
  one('GroupNormalization', feature, { num_groups: 3 }, given(vectors(6), { opset: 21 })),
  one('MeanVarianceNormalization', feature),
  one('MeanVarianceNormalization', feature, { axes: [1, -1] }),
  one('RMSNormalization', { x: 'float[2,9,12]' }, { axis: -2 }, given({ scale: random(9, 12) }, { opset: 23 })),
  one('Swish', feature, { alpha: 1.5 }, { opset: 24 }),
  one('LpNormalization', feature),
  one('LpNormalization', feature, { axis: 1, p: 1 }),
  {
    name: 'LayerNormalization with all of its outputs',
    bytes: model({
      inputs: { x: 'float[2,9,12]' },
      outputs: { y: 'float', mean: 'float', inverse: 'float' },
      nodes: [{ op: 'LayerNormalization', in: ['x', 'scale'], out: ['y', 'mean', 'inverse'], attrs: { axis: -2 } }],
      initializers: { scale: random(9, 12) },
    }),
  },
]
