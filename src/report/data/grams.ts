import { numbersOf, type Tensor } from '../../ir/tensor.ts'
import type { Gram } from '../report.ts'
import type { Network } from './network.ts'

const SHOWN = 12

/**
 * What the filters of a text network answer to: for convolutions along the tokens [1, 1, length, channels], the filters
 * whose largest sum comes closest to all of their bits being equal, and the tokens under them there.
 */
export function gramsOf(
  network: Pick<Network, 'stages' | 'nodes'>,
  tokens: readonly number[],
  sumOf: (stage: number) => Tensor | undefined,
) {
  const grams = network.stages.flatMap(({ id, op }): Gram[] => {
    const node = network.nodes[id]!
    const sums = sumOf(id)
    if (op !== 'binaryConv2d' || node.op !== 'binaryConv2d' || !sums) return []
    const [, height, width, channels] = node.operands[1].type.shape as [number, number, number, number]
    const [, rows, columns, filters] = sums.shape as [number, number, number, number]
    if (height !== 1 || rows !== 1 || columns + width - 1 !== tokens.length) return []
    const values = numbersOf(sums)
    return Array.from({ length: filters }, (_, filter) => {
      let position = 0
      for (let x = 1; x < columns; x++)
        if (values[x * filters + filter]! > values[position * filters + filter]!) position = x
      const sum = values[position * filters + filter]!
      const share = sum / (width * channels)
      return { stage: id, filter, position, tokens: tokens.slice(position, position + width), sum, share }
    })
  })
  const best = new Map<string, Gram>()
  for (const gram of grams.sort((a, b) => b.share - a.share)) {
    const key = `${gram.stage} ${gram.position}`
    if (!best.has(key)) best.set(key, gram)
  }
  return [...best.values()].slice(0, SHOWN)
}
