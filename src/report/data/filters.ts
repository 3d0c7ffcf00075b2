import { isConvolution } from '../../ir/epilogue.ts'
import type { Node } from '../../ir/node.ts'
import type { Tensor } from '../../ir/tensor.ts'
import type { FilterFigures } from '../report.ts'
import type { Network } from './network.ts'

/** Weights of a layer [filters][height][width][channels], where they are constants. */
export interface Filters {
  readonly layer: number
  readonly weights: Tensor
}

/** The weights of every convolution and dense layer. */
export const filtersOf = ({ stages, nodes }: Pick<Network, 'stages' | 'nodes'>): Filters[] =>
  stages.flatMap(({ id, layer }) => {
    const weights = weightsOf(nodes[id]!)
    return layer === undefined || !weights ? [] : [{ layer, weights }]
  })

function weightsOf(node: Node): Tensor | undefined {
  const weights = isConvolution(node) ? node.operands[1] : undefined
  return weights?.op === 'constant' ? weights.attrs.value : undefined
}

/** Which filters are the same bits, or all the other way round. */
export function compareFilters({ layer, weights }: Filters): FilterFigures {
  const [filters, height, width, channels] = weights.shape as [number, number, number, number]
  const size = height * width * channels
  const values = weights.values as Uint8Array
  const groups = new Map<string, number[]>()
  const plusShare: number[] = []
  for (let o = 0; o < filters; o++) {
    const bits = values.subarray(o * size, (o + 1) * size)
    const key = bits.join('')
    const group = groups.get(key)
    if (group) group.push(o)
    else groups.set(key, [o])
    plusShare.push(bits.reduce((sum, bit) => sum + bit, 0) / size)
  }
  const opposite = [...groups].flatMap(([key, [first]]): [number, number][] => {
    const other = groups.get([...key].map(bit => (bit === '1' ? '0' : '1')).join(''))?.[0]
    return other === undefined || other < first! ? [] : [[first!, other]]
  })
  const taps = height * width
  return {
    layer,
    filters,
    height,
    width,
    channels,
    distinct: groups.size,
    equal: [...groups.values()].filter(group => group.length > 1),
    opposite,
    ...(taps > 1 ? { distinctKernels: distinctKernels(values, filters, taps, channels) } : {}),
    plusShare,
  }
}

function distinctKernels(values: Uint8Array, filters: number, taps: number, channels: number): number {
  const found = new Set<string>()
  for (let o = 0; o < filters; o++)
    for (let k = 0; k < channels; k++) {
      let key = ''
      for (let tap = 0; tap < taps; tap++) key += values[(o * taps + tap) * channels + k]
      found.add(key)
    }
  return found.size
}
