import type { KernelName } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import type { Constants } from '../constants/index.ts'
import type { Chosen } from '../functions/choice.ts'
import { convolutionLayer } from './convolution.ts'
import { depthwiseLayer, isDepthwise } from './depthwise.ts'
import { mapLayer, reduceLayer } from './elementwise.ts'
import { integerLayer } from './integer.ts'
import type { Layer, Scope } from './layer.ts'
import { copyBitsLayer, copyLayer, fillLayer, gatherLayer } from './movement.ts'
import { isPlane, planeLayer } from './plane.ts'
import { poolBitsLayer, poolLayer } from './pool.ts'

type Layers = { readonly [K in KernelName]: (call: Call<K>, scope: Scope) => Layer }

/** What each kernel becomes. Exhaustive: a new kernel does not compile without its layer. */
const layers: Layers = {
  map: mapLayer,
  conv2d: (call, scope) => {
    if (isPlane(call)) return planeLayer(call, scope)
    return isDepthwise(call) ? depthwiseLayer(call, scope) : convolutionLayer(call, scope)
  },
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
  (layers[call.kernel] as (c: Call, s: Scope) => Layer)(call, scope)

export interface MadeLayer {
  readonly layer: Layer
  /** Whether it calls functions that depend on the instruction set. */
  readonly takesIsa: boolean
  /** Symbols of the constants that the function reads by itself: not those that are handed to it. */
  readonly reads: ReadonlySet<string>
  /** The inner loops that it calls, those first that take the time. */
  readonly inner: readonly Chosen[]
}

export function makeLayer(call: Call, scope: Scope): MadeLayer {
  const reads = new Set<string>()
  const inner: Chosen[] = []
  const symbolOf: Constants['symbolOf'] = (buffer, layout) => {
    const symbol = scope.constants.symbolOf(buffer, layout)
    reads.add(symbol)
    return symbol
  }
  const choose: Scope['choose'] = choice => {
    const chosen = scope.choose(choice)
    inner.push(chosen)
    return chosen
  }
  const layer = layerOf(call, { ...scope, constants: { ...scope.constants, symbolOf }, choose })
  return { layer, takesIsa: inner.some(({ takesIsa }) => takesIsa) || (layer.tables?.asksIsa ?? false), reads, inner }
}
