import { activations } from './activation.ts'
import { arithmetic } from './arithmetic.ts'
import { casts } from './cast.ts'
import { comparisons } from './comparison.ts'
import { constants } from './constants.ts'
import type { Importer } from './context.ts'
import { convolution } from './convolution.ts'
import { dense } from './dense.ts'
import { channelsLast, finn } from './finn.ts'
import { integerProducts } from './integer-products.ts'
import { linearQuantization } from './linear-quantization.ts'
import { movements } from './movement.ts'
import { normalization } from './normalization.ts'
import { pooling } from './pooling.ts'
import { openvino, quantization } from './quantization.ts'
import { rankings } from './ranking.ts'
import { reductions } from './reduction.ts'
import { resizing } from './resize.ts'
import { selections } from './selection.ts'
import { standardization } from './standardization.ts'
import { transposedConvolution } from './transposed-convolution.ts'

type Table = Readonly<Record<string, Importer>>

const standard: Table = {
  ...activations,
  ...arithmetic,
  ...casts,
  ...comparisons,
  ...constants,
  ...convolution,
  ...dense,
  ...integerProducts,
  ...linearQuantization,
  ...movements,
  ...normalization,
  ...pooling,
  ...rankings,
  ...reductions,
  ...resizing,
  ...selections,
  ...standardization,
  ...transposedConvolution,
}

/** The ops that the compiler takes, by domain; ONNX's own domain is ''. */
export const importers: Readonly<Record<string, Table>> = {
  '': standard,
  'qonnx.custom_op.general': { ...quantization, ...finn },
  'qonnx.custom_op.channels_last': channelsLast,
  'finn.custom_op.general': { ...quantization, ...finn },
  finn: { ...quantization, ...finn },
  'onnx.brevitas': quantization,
  'org.openvinotoolkit': openvino,
  // onnxruntime's tools write them there for types that ONNX lacked once.
  'com.microsoft': linearQuantization,
}

/** The importer of an op; undefined where it is not supported. */
export const importerOf = (domain: string, op: string): Importer | undefined => {
  const table = Object.hasOwn(importers, domain) ? importers[domain]! : {}
  return Object.hasOwn(table, op) ? table[op] : undefined
}
