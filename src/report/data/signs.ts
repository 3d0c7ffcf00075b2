import type { Tensor } from '../../ir/tensor.ts'
import type { SignFigures } from '../report.ts'
import { createCounter, rangeOf } from './histogram.ts'
import type { Network } from './network.ts'
import { probes } from './probe.ts'

/** Distances beyond this are those of thresholds that are always or never met. */
const UNREACHED = 1e6

/** Counts signs, sums and distances over samples. */
export function createSignCounter({ stages }: Network) {
  const signs = stages.filter(({ dtype, op }) => dtype === 'bit' && op !== 'input').map(createStage)
  return {
    add: (outputs: ReadonlyMap<string, Tensor>): void => {
      for (const sign of signs) sign.add(outputs)
    },
    results: (): SignFigures[] => signs.map(sign => sign.result()),
  }
}

function createStage({ id, shape }: Network['stages'][number]) {
  const channels = shape.at(-1) ?? 1
  const plus = new Float64Array(channels)
  const [sums, distances] = [createSpread(), createSpread()]
  let positions = 0
  let [fragile, compared, whole] = [0, 0, true]
  return {
    add: (outputs: ReadonlyMap<string, Tensor>): void => {
      const bits = outputs.get(probes.value(id))!.values as Uint8Array
      for (let i = 0; i < bits.length; i++) plus[i % channels]! += bits[i]!
      positions += bits.length / channels
      const sum = outputs.get(probes.sum(id))
      if (sum) sums.add(sum.values as Int32Array | Float32Array)
      const distance = outputs.get(probes.distance(id))
      if (!distance) return
      const values = (distance.values as Int32Array | Float32Array).filter(value => Math.abs(value) < UNREACHED)
      distances.add(values)
      whole &&= distance.dtype === 'i32'
      compared += distance.values.length
      if (whole) for (const value of values) if (value >= -2 && value < 2) fragile++
    },
    result: (): SignFigures => {
      const plusShare = [...plus].map(count => count / positions)
      const [sum, distance] = [sums.result(), distances.result()]
      return {
        stage: id,
        plusShare,
        never: plusShare.flatMap((share, k) => (share === 0 ? [k] : [])),
        always: plusShare.flatMap((share, k) => (share === 1 ? [k] : [])),
        ...(sum ? { sums: sum } : {}),
        ...(distance ? { distance } : {}),
        ...(distance && whole ? { fragile: fragile / compared } : {}),
      }
    },
  }
}

/** A histogram of what comes sample by sample. The first sample sets the bins; a margin on both sides takes the others. */
function createSpread() {
  let counter: ReturnType<typeof createCounter> | undefined
  return {
    add: (values: Int32Array | Float32Array): void => {
      if (!counter) {
        const { minimum, maximum, step } = rangeOf([values])
        const margin = (maximum - minimum) / 8
        const rounded = step > 0 ? Math.ceil(margin / step) * step : margin
        counter = createCounter(minimum - rounded, maximum + rounded, { step })
      }
      counter.add(values)
    },
    result: () => counter?.result(),
  }
}
