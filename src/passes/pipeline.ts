import { absorbPadding } from './absorb-padding.ts'
import { binarizeLayers } from './binarize-layers.ts'
import { chooseBinary } from './choose-binary.ts'
import { constantChannels } from './constant-channels.ts'
import { findThresholds } from './find-thresholds.ts'
import { foldBatchNorm } from './fold-batch-norm.ts'
import { foldConstants } from './fold-constants.ts'
import { foldEmbedding } from './fold-embedding.ts'
import { foldFlips } from './fold-flips.ts'
import { fuseEpilogues } from './fuse-epilogues.ts'
import { fuseMaps } from './fuse-maps.ts'
import { hoistMaximum } from './hoist-maximum.ts'
import { integerFirstLayer } from './integer-first-layer.ts'
import { mergeFlatten } from './merge-flatten.ts'
import type { Stage } from './pass.ts'
import { poolBits } from './pool-bits.ts'
import { pullBits } from './pull-bits.ts'
import { recogniseSign } from './recognise-sign.ts'
import { reduceToPool } from './reduce-to-pool.ts'
import { scaleWeights } from './scale-weights.ts'
import { signWeights } from './sign-weights.ts'
import { simplify } from './simplify.ts'
import { sinkLayout } from './sink-layout.ts'
import { widenChannels } from './widen-channels.ts'

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
    passes: [recogniseSign, pullBits, scaleWeights, foldConstants, simplify, foldEmbedding],
  },
  { name: 'layers', passes: [chooseBinary, signWeights] },
  // No map behind an op that can do its work; no float between a sum and its sign.
  { name: 'fused', repeat: true, passes: [poolBits, fuseMaps, foldConstants, simplify, fuseEpilogues, hoistMaximum] },
  { name: 'thresholds', repeat: true, passes: [findThresholds, foldFlips] },
  { name: 'folded', repeat: true, passes: [foldBatchNorm, foldConstants] },
]
