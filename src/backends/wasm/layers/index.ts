import { bytesOf } from '../../../plan/arena.ts'
import type { KernelName } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import type { Scope } from '../scope.ts'
import { binaryLayer } from './binary.ts'
import { convolutionLayer } from './convolution.ts'
import { mapLayer, reduceLayer } from './elementwise.ts'
import type { Layer } from './layer.ts'
import { lookupLayer } from './lookup.ts'
import { copyBitsLayer, copyLayer, fillLayer, gatherLayer } from './movement.ts'
import { weighTables } from './tiles.ts'
import { poolBitsLayer, poolLayer } from './windows.ts'

type Layers = { readonly [K in KernelName]: (call: Call<K>, scope: Scope) => Layer }

/** What each kernel becomes. Exhaustive: a new kernel does not compile without its layer. */
const layers: Layers = {
  map: mapLayer,
  conv2d: convolutionLayer,
  binaryConv2d: (call, scope) => {
    const room = call.scratch ? bytesOf(call.scratch) : 0
    const { tile, strategies } = weighTables(call.params, scope.turnsOf(call), room, scope.prices)
    return { ...(tile ? lookupLayer(call, tile, scope) : binaryLayer(call, scope)), strategies }
  },
  integerConv2d: convolutionLayer,
  pool: poolLayer,
  poolBits: poolBitsLayer,
  reduce: reduceLayer,
  gather: gatherLayer,
  fill: fillLayer,
  copy: copyLayer,
  copyBits: copyBitsLayer,
}

export const layerOf = (call: Call, scope: Scope): Layer =>
  (layers[call.kernel] as (c: Call, s: Scope) => Layer)(call, scope)
