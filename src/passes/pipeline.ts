import { foldEmbedding } from './binary/fold-embedding.ts'
import { poolBeforeCodes } from './binary/pool-before-codes.ts'
import { pullBits } from './binary/pull-bits.ts'
import { recogniseCodes } from './binary/recognise-codes.ts'
import { recogniseSign } from './binary/recognise-sign.ts'
import { scaleWeights } from './binary/scale-weights.ts'
import { absorbPadding } from './canonical/absorb-padding.ts'
import { constantChannels } from './canonical/constant-channels.ts'
import { foldConstants } from './canonical/fold-constants.ts'
import { fuseMaps } from './canonical/fuse-maps.ts'
import { mergeFlatten } from './canonical/merge-flatten.ts'
import { reduceToPool } from './canonical/reduce-to-pool.ts'
import { simplify } from './canonical/simplify.ts'
import { sinkLayout } from './canonical/sink-layout.ts'
import { widenChannels } from './canonical/widen-channels.ts'
import { foldBatchNorm } from './folded/fold-batch-norm.ts'
import { fuseEpilogues } from './fused/fuse-epilogues.ts'
import { hoistMaximum } from './fused/hoist-maximum.ts'
import { poolBits } from './fused/pool-bits.ts'
import { chooseBinary } from './layers/choose-binary.ts'
import { signWeights } from './layers/sign-weights.ts'
import type { Stage } from './pass.ts'
import { binarizeLayers } from './requested/binarize-layers.ts'
import { integerFirstLayer } from './requested/integer-first-layer.ts'
import { findCodeThresholds } from './thresholds/find-code-thresholds.ts'
import { findThresholds } from './thresholds/find-thresholds.ts'
import { foldFlips } from './thresholds/fold-flips.ts'

/** From ONNX's operations to kernels, in order. */
export const pipeline: readonly Stage[] = [
  // No op on constants; no transpose between spatial ops; no map behind a map.
  {
    name: 'canonical',
    repeat: true,
    passes: [
      foldConstants,
      simplify,
      sinkLayout,
      fuseMaps,
      constantChannels,
      absorbPadding,
      reduceToPool,
      mergeFlatten,
      widenChannels,
    ],
  },
  { name: 'asked for', passes: [binarizeLayers, integerFirstLayer] },
  // What has two values and feeds a layer is bits.
  {
    name: 'binary',
    repeat: true,
    passes: [
      poolBeforeCodes,
      recogniseSign,
      recogniseCodes,
      pullBits,
      scaleWeights,
      foldConstants,
      simplify,
      foldEmbedding,
    ],
  },
  { name: 'layers', passes: [chooseBinary, signWeights] },
  // No map behind an op that can do its work; no float between a sum and its sign.
  { name: 'fused', repeat: true, passes: [poolBits, fuseMaps, foldConstants, simplify, fuseEpilogues, hoistMaximum] },
  { name: 'thresholds', repeat: true, passes: [findThresholds, findCodeThresholds, foldFlips, fuseEpilogues] },
  { name: 'folded', repeat: true, passes: [foldBatchNorm, foldConstants] },
]
