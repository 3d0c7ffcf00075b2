import { numbersOf, type Tensor } from '../../ir/tensor.ts'
import type { Feeds } from '../../run/runner.ts'
import type { ShownSample } from '../report.ts'
import { gramsOf } from './grams.ts'
import type { Network } from './network.ts'
import { probes } from './probe.ts'

/** What the page draws of one sample: the values of every stage, and the sums before a sign. */
export interface Activations {
  readonly value: ReadonlyMap<number, Tensor>
  readonly sums: ReadonlyMap<number, Tensor>
}

export function activationsOf(
  network: Pick<Network, 'stages'>,
  feeds: Feeds,
  outputs: ReadonlyMap<string, Tensor>,
): Activations {
  const value = new Map<number, Tensor>()
  const sums = new Map<number, Tensor>()
  network.stages.forEach(({ id, op, name }) => {
    const found = op === 'input' ? feeds.get(name) : outputs.get(probes.value(id))
    if (found) value.set(id, found)
    const sum = outputs.get(probes.sum(id)) ?? (op === 'binaryConv2d' ? found : undefined)
    if (sum) sums.set(id, sum)
  })
  return { value, sums }
}

export function describeSample(
  network: Network,
  sample: number,
  label: number | undefined,
  { value, sums }: Activations,
  output: Tensor,
): ShownSample {
  const tokens = tokensOf(network, value)
  return {
    sample,
    ...(label === undefined ? {} : { label }),
    outputs: numbersOf(output),
    ...(tokens ? { tokens, grams: gramsOf(network, tokens, stage => sums.get(stage)) } : {}),
    stages: [...value].map(([stage, tensor]) => {
      const values = numbersOf(tensor)
      return {
        stage,
        minimum: values.reduce((a, b) => Math.min(a, b), values[0] ?? 0),
        maximum: values.reduce((a, b) => Math.max(a, b), values[0] ?? 0),
      }
    }),
  }
}

/** A single input of indices [1, length] is text. */
function tokensOf({ stages }: Network, value: ReadonlyMap<number, Tensor>): number[] | undefined {
  const [input, second] = stages.filter(({ op }) => op === 'input')
  if (!input || second || (input.dtype !== 'i64' && input.dtype !== 'i32') || input.shape.length !== 2) return undefined
  return numbersOf(value.get(input.id)!)
}
