import { allocate, elements, type Tensor } from '../ir/tensor.ts'
import type { Feeds } from '../run/runner.ts'

type Outputs = ReadonlyMap<string, Tensor>

/**
 * Runs a model whose file fixes its batch on another number of samples: in runs of that many, the last one filled up
 * with its own first samples. Samples go along the first axis of inputs and outputs.
 */
export async function inBatches(
  feeds: Feeds,
  fixed: number | undefined,
  run: (feeds: Feeds) => Promise<Outputs>,
): Promise<Outputs> {
  const samples = Math.max(1, ...[...feeds.values()].map(({ shape }) => shape[0] ?? 1))
  if (fixed === undefined || fixed === samples) return run(feeds)
  const runs: Outputs[] = []
  for (let first = 0; first < samples; first += fixed)
    runs.push(await run(new Map([...feeds].map(([name, tensor]) => [name, part(tensor, first, fixed)]))))
  return new Map(
    [...runs[0]!.keys()].map(name => [
      name,
      joined(
        runs.map(outputs => outputs.get(name)!),
        samples,
      ),
    ]),
  )
}

/** So many samples from `first` on; behind the last come the first again. */
function part({ dtype, shape, values }: Tensor, first: number, count: number): Tensor {
  const [samples = 1, ...rest] = shape
  const size = elements(rest)
  const taken = allocate(dtype, size * count)
  for (let k = 0; k < count; k++) {
    const at = ((first + k) % samples) * size
    taken.set(values.subarray(at, at + size) as never, k * size)
  }
  return { dtype, shape: shape.length === 0 ? shape : [count, ...rest], values: taken }
}

function joined(parts: readonly Tensor[], samples: number): Tensor {
  const { dtype, shape } = parts[0]!
  const size = elements(shape.slice(1))
  const values = allocate(dtype, size * samples)
  let at = 0
  for (const { values: each } of parts) {
    const room = each.subarray(0, values.length - at)
    values.set(room as never, at)
    at += room.length
  }
  return { dtype, shape: [samples, ...shape.slice(1)], values }
}
