/** Cases of the ONNX backend suite that the compiler refuses, with the diagnostic and why that is right. */
export const exclusions: readonly { readonly cases: RegExp; readonly code: string; readonly reason: string }[] = [
  { cases: /averagepool_3d|Conv3d/, code: 'unsupported-form', reason: 'three spatial axes: images have two' },
  { cases: /batchnorm_example_training_mode/, code: 'unsupported-attribute', reason: 'training' },
  { cases: /training_dropout/, code: 'unsupported-form', reason: 'training, as its mode depends on the input' },
  {
    cases: /maxpool_with_argmax/,
    code: 'unsupported-output',
    reason: 'positions of maxima are what unpooling takes, which is not supported',
  },
  {
    cases: /cast(like)?_(no_saturate_|e8m0_)?(FLOAT(16)?)_to_(FLOAT4|FLOAT8|U?INT)(?!.*expanded)/,
    code: 'unsupported-form',
    reason: 'rounding to fewer bits than the language has',
  },
  {
    cases: /cast(like)?_(no_saturate_|e8m0_)?(FLOAT(16)?)_to_(FLOAT4|FLOAT8|U?INT).*expanded/,
    code: 'unsupported-input-type',
    reason: 'an input of fewer than 8 bits or of 8-bit floats',
  },
  {
    cases: /cast(like)?_(e8m0_)?(FLOAT4|FLOAT8|U?INT)/,
    code: 'unsupported-input-type',
    reason: 'an input of fewer than 8 bits or of 8-bit floats',
  },
  {
    cases: /cast(like)?_FLOAT_to_BFLOAT16/,
    code: 'unsupported-output-type',
    reason: 'bfloat16 results would have to be rounded',
  },
  {
    cases: /_(u?int16|uint32|uint64)$/,
    code: 'unsupported-input-type',
    reason: 'arithmetic on integers of these sizes, which wraps around in each differently',
  },
  { cases: /div_int32_trunc/, code: 'unsupported-form', reason: 'integer division of activations' },
  { cases: /reduce_max_empty_set/, code: 'symbolic-dimension', reason: 'a value without elements' },
  {
    cases: /reshape_allowzero_reordered|split_zero_size/,
    code: 'invalid-node',
    reason: 'a value without elements; a leading 0 is read as an open batch size',
  },
]
