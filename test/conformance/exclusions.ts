/** Cases of the ONNX backend suite that the compiler refuses, with the diagnostic and why that is right. */
export const exclusions: readonly { readonly cases: RegExp; readonly code: string; readonly reason: string }[] = [
  {
    cases: /test_argmax/,
    code: 'unsupported-op',
    reason: 'its result are indices (int64), which no output and no layer of these networks takes',
  },
  { cases: /averagepool_3d|Conv3d/, code: 'unsupported-form', reason: 'three spatial axes: images have two' },
  { cases: /batchnorm_example_training_mode/, code: 'unsupported-attribute', reason: 'training' },
  { cases: /training_dropout/, code: 'unsupported-input-type', reason: 'training; its mode is a bool input' },
  {
    cases: /dropout_default_mask_ratio|maxpool_with_argmax/,
    code: 'unsupported-output',
    reason: 'the second output (mask, indices) has no use in inference',
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
    cases: /_u?int(8|16|32|64)($|_inbounds_expanded)(?<!maxpool_2d_uint8|sub_uint8)/,
    code: 'unsupported-input-type',
    reason: 'arithmetic on integers of these sizes, which wraps around in each differently',
  },
  { cases: /maxpool_2d_uint8|sub_uint8/, code: 'unsupported-form', reason: 'arithmetic on pixels before a Cast' },
  { cases: /div_int32_trunc/, code: 'unsupported-form', reason: 'integer division of activations' },
  { cases: /non_float_params/, code: 'unsupported-form', reason: 'arithmetic on 64-bit integer inputs' },
  { cases: /where_long_example/, code: 'unsupported-input-type', reason: 'a bool input' },
  { cases: /matmul_(1d_3d|bcast)/, code: 'unsupported-form', reason: 'a batch of matrices on the right side' },
  { cases: /reflect_pad|ReplicationPad2d/, code: 'unsupported-attribute', reason: 'padding other than constant' },
  { cases: /reduce_max_empty_set/, code: 'symbolic-dimension', reason: 'a value without elements' },
  {
    cases: /reshape_allowzero_reordered|split_zero_size/,
    code: 'invalid-node',
    reason: 'a value without elements; a leading 0 is read as an open batch size',
  },
]
