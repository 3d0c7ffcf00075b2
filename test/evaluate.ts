import { type ReadOptions, readModel } from '../src/frontend/index.ts'
import { interpret } from '../src/ir/interpret.ts'
import { numbersOf, type Tensor } from '../src/ir/tensor.ts'
import { verify } from '../src/ir/verify.ts'

/** The values of a model's first output, by the interpreter. */
export async function evaluate(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>> = {},
  options: ReadOptions = {},
): Promise<number[]> {
  const { graph } = await readModel(bytes, options)
  verify(graph)
  const [first] = interpret(graph, new Map(Object.entries(feeds))).values()
  return numbersOf(first!)
}
