import type { KernelName } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { convolutionLayer } from './convolution.ts'
import { mapLayer, reduceLayer } from './elementwise.ts'
import { integerLayer } from './integer.ts'
import type { Layer, Scope } from './layer.ts'
import { copyBitsLayer, copyLayer, fillLayer, gatherLayer } from './movement.ts'
import { poolBitsLayer, poolLayer } from './windows.ts'

type Layers = { readonly [K in KernelName]: (call: Call<K>, scope: Scope) => Layer }

/** What each kernel of a plan becomes. Exhaustive: a new one does not compile without its entry point. */
const layers: Layers = {
  map: mapLayer,
  conv2d: convolutionLayer,
  binaryConv2d: convolutionLayer,
  integerConv2d: integerLayer,
  pool: poolLayer,
  poolBits: poolBitsLayer,
  reduce: reduceLayer,
  gather: gatherLayer,
  fill: fillLayer,
  copy: copyLayer,
  copyBits: copyBitsLayer,
}

export const layerOf = (call: Call, scope: Scope): Layer =>
  (layers[call.kernel] as (call: Call, scope: Scope) => Layer)(call, scope)
