import type { Diagnostic, Where } from './diagnostic.ts'

const at = ({ op, node, output }: Where): string => [op, `'${node || output || '?'}'`].filter(Boolean).join(' ')

/** All that the compiler says about a model: one function per code. */
export const diagnostics = {
  invalidModel: (
    message: string,
    hint = 'Export the model again and check that the file is complete.',
  ): Diagnostic => ({
    code: 'invalid-model',
    message,
    where: {},
    hint,
  }),
  unsupportedOpset: (found: number, from: number, to: number): Diagnostic => ({
    code: 'unsupported-opset',
    message: `The model uses version ${found} of the ONNX operator set; supported: ${from} to ${to}.`,
    where: {},
    hint: 'Export it with an opset in that range, for example 17.',
  }),
  invalidTensor: (name: string, what: string): Diagnostic => ({
    code: 'invalid-tensor',
    message: `Tensor '${name}' ${what}.`,
    where: { output: name },
    hint: 'Export the model again and check that the file is complete.',
  }),
  unsupportedTensor: (name: string, type: string): Diagnostic => ({
    code: 'unsupported-tensor-type',
    message: `Tensor '${name}' has elements of type ${type}; supported: floats of 16 to 64 bits, integers of 8 to 64 bits, bool.`,
    where: { output: name },
    hint: 'Store it as float.',
  }),
  externalData: (name: string, what: string): Diagnostic => ({
    code: 'external-data',
    message: `The data of tensor '${name}' ${what}.`,
    where: { output: name },
    hint: 'Keep the data file beside the model, or save the model with its weights inside.',
  }),
  /** A node that no ONNX runtime would accept. */
  invalidNode: (where: Where, what: string): Diagnostic => ({
    code: 'invalid-node',
    message: `${at(where)} ${what}.`,
    where,
    hint: 'Check the model with onnx.checker, or export it again.',
  }),
  /** A valid node in a form that the compiler does not take. */
  unsupportedForm: (where: Where, found: string, supported: string, hint?: string): Diagnostic => ({
    code: 'unsupported-form',
    message: `${at(where)} ${found}; supported: ${supported}.`,
    where,
    ...(hint ? { hint } : {}),
  }),
  notConstant: (where: Where, operand: string): Diagnostic => ({
    code: 'not-constant',
    message: `${at(where)} takes its ${operand} from a value that depends on the input; supported: a constant.`,
    where,
    hint: 'Store it as an initializer, or export with constant folding and fixed shapes.',
  }),
  unsupportedOutput: (where: Where, name: string): Diagnostic => ({
    code: 'unsupported-output',
    message: `${at(where)} has its output '${name}' used, which is not supported.`,
    where,
    hint: 'Rewrite the model so that it needs only the first output.',
  }),
  symbolicDimension: (input: string, axis: number, name: string | undefined): Diagnostic => ({
    code: 'symbolic-dimension',
    message: `Input '${input}' leaves the size of axis ${axis}${name ? ` (${name})` : ''} open; only the batch axis may be.`,
    where: { output: input },
    hint: name
      ? `Give it with --size ${name}=N, or export the model with fixed sizes.`
      : 'Export the model with fixed sizes.',
  }),
  unsupportedInterface: (kind: 'input' | 'output', name: string, found: string, supported: string): Diagnostic => ({
    code: `unsupported-${kind}-type`,
    message: `The ${kind} '${name}' is ${found}; supported: ${supported}.`,
    where: { output: name },
    hint: kind === 'input' ? 'Convert it before the network.' : 'Cut the graph before it.',
  }),
  notFinite: (where: Where, what = 'is a constant with a value that is infinite or not a number'): Diagnostic => ({
    code: 'not-finite',
    message: `${at(where)} ${what}.`,
    where,
    hint: 'Check the trained weights; a division by zero is a frequent cause.',
  }),
  /** `--batch N` for a file that fixes another number of samples. */
  fixedBatch: (where: Where, what: string): Diagnostic => ({
    code: 'fixed-batch',
    message: `The batch cannot be another than in the file: ${at(where)} ${what}.`,
    where,
    hint: 'Leave --batch out, or export the model with that batch.',
  }),
  tooLarge: (where: Where, what: string, bytes: number): Diagnostic => ({
    code: 'too-large',
    message: `${at(where)} ${what}; supported: up to ${bytes} bytes.`,
    where,
    hint: 'Check its sizes, and those of the inputs and of --batch.',
  }),
  tooMany: (where: Where, found: string, supported: string): Diagnostic => ({
    code: 'too-many',
    message: `${at(where)} has ${found}; supported: up to ${supported}.`,
    where,
    hint: 'Split the node.',
  }),
  /** Warning. */
  shapeDiffers: (name: string, declared: string, found: string): Diagnostic => ({
    code: 'shape-differs',
    message: `The output '${name}' is declared with shape [${declared}], but it has shape [${found}].`,
    where: { output: name },
  }),
  /** Warning. */
  roundedToF32: (name: string): Diagnostic => ({
    code: 'rounded-to-f32',
    message: `Tensor '${name}' has double precision; its values were rounded to single precision.`,
    where: { output: name },
  }),
  /** Warning. */
  computedInF32: (where: Where, type: string): Diagnostic => ({
    code: 'computed-in-f32',
    message: `${at(where)} is ${type}; it is computed in single precision.`,
    where,
  }),
  /** Warning. */
  roundedSums: (where: Where, largest: number): Diagnostic => ({
    code: 'rounded-sums',
    message: `${at(where)} adds integers up to ${largest} in single precision, which rounds beyond 2^24; its result may be off by one step.`,
    where,
  }),
  /** Warning. */
  clampedTo32Bits: (where: Where): Diagnostic => ({
    code: 'clamped-to-32-bits',
    message: `${at(where)} computes with 64-bit integers of the input; values beyond 32 bits count as the nearest of 32 bits.`,
    where,
  }),
  /** Warning, or with `--sign-zero error` a refusal. */
  signOfZero: (where: Where): Diagnostic => ({
    code: 'sign-of-zero',
    message: `${at(where)} takes the sign of values that can be exactly 0, which ONNX gives as 0; bits have only -1 and +1, and 0 counts as +1.`,
    where,
    hint: 'Train with that rule, or write Where(x >= 0, 1, -1) or Sign(Sign(x) + 0.1) to say so in the model.',
  }),
  /** Warning. */
  inputNotSign: (where: Where, weights: string, found: string): Diagnostic => ({
    code: 'input-not-binary',
    message: `${at(where)} has ${weights}, but its input is not a sign: ${found}; it is computed in float.`,
    where,
    hint: `If the exporter lost the sign (PyTorch drops x.data = x.data.sign()), export with torch.sign(x), or try --binarize ${where.node ?? 'NODE'} --scale alpha.`,
  }),
  /** Warning. */
  changedWeights: (where: Where, error: number): Diagnostic => ({
    code: 'changed-weights',
    message: `${at(where)} has trained weights behind a sign; alpha · sign(W) stands for them, a relative error of the weights of ${(100 * error).toPrecision(2)} %.`,
    where,
    hint: 'That is what XNOR-Net trains; if this network was trained otherwise, --weights exact keeps the layer float.',
  }),
  /** Warning. */
  noisyWeights: (where: Where, weights: string): Diagnostic => ({
    code: 'noisy-weights',
    message: `${at(where)} has ${weights}; the noise is left out.`,
    where,
    hint: '--weights exact keeps the layer float.',
  }),
  /** Warning. */
  zeroWeights: (where: Where, count: number): Diagnostic => ({
    code: 'zero-weights',
    message: `${at(where)} has ${count} trained weights that are exactly 0; they count as +alpha.`,
    where,
    hint: 'Export the binarized weights instead of the trained ones to decide it yourself.',
  }),
  constantsTooLarge: (bytes: number, limit: number): Diagnostic => ({
    code: 'constants-too-large',
    message: `${Math.ceil(bytes / 1e6)} MB of constants are too many for C source, which takes up to ${limit / 1e6} MB.`,
    where: {},
    hint: 'Use --constants file.',
  }),
  /** `--first-layer integer` where it cannot be. */
  notInteger: (where: Where, reason: string): Diagnostic => ({
    code: 'not-integer',
    message: `${at(where)} cannot have integer weights: ${reason}.`,
    where,
    hint: 'Leave --first-layer integer out; the layer is then computed in float.',
  }),
  /** The user asked for something that this model does not have. */
  invalidOption: (option: string, message: string): Diagnostic => ({
    code: 'invalid-option',
    message: `${option}: ${message}.`,
    where: {},
  }),
  unsupportedOp: (where: Where, domain: string): Diagnostic => ({
    code: 'unsupported-op',
    message: `${at(where)}${domain ? ` of domain ${domain}` : ''} is not supported.`,
    where,
    hint: 'Rewrite the model without it, or cut the graph before it.',
  }),
  unsupportedAttribute: (where: Where, name: string, found: string, supported: string, hint?: string): Diagnostic => ({
    code: 'unsupported-attribute',
    message: `${at(where)} has ${name}=${found}; supported: ${supported}.`,
    where,
    ...(hint ? { hint } : {}),
  }),
}
