import { type Graph, usersOf } from '../ir/graph.ts'
import type { Node } from '../ir/node.ts'
import { allocate, type DType, elements, type Tensor } from '../ir/tensor.ts'
import type { Feeds } from './runner.ts'

/** Seeded values for every input: floats in [-2, 2), pixels from 0 to 255, bits by chance, indices inside their table. */
export function makeFeeds(graph: Graph, seed: number): Feeds {
  const next = randomNumbers(seed)
  return new Map(graph.inputs.map(node => [node.attrs.name, randomTensor(node, limitOf(graph, node), next)]))
}

/**
 * What random values hardly ever are: nothing but exact zeros; zeros and ties, multiples of 1/2 between −1 and 1; the
 * ends of the range.
 */
export function specialFeeds(graph: Graph): Feeds[] {
  const next = randomNumbers(1)
  const pick = (choices: readonly number[]): number => choices[Math.floor(next() * choices.length)]!
  const kinds: ((limit: number, dtype: DType) => number)[] = [
    () => 0,
    (limit, dtype) => (dtype === 'f32' ? pick([-1, -0.5, 0, 0, 0.5, 1]) : pick([0, Math.floor(limit / 2)])),
    (limit, dtype) => (dtype === 'f32' ? pick([-256, 256]) : pick([0, limit - 1])),
  ]
  return kinds.map(
    kind =>
      new Map(
        graph.inputs.map(node => {
          const limit = limitOf(graph, node)
          const values = allocate(node.type.dtype, elements(node.type.shape))
          for (let i = 0; i < values.length; i++) {
            const value = kind(limit, node.type.dtype)
            values[i] = values instanceof BigInt64Array ? BigInt(value) : value
          }
          return [node.attrs.name, { ...node.type, values }]
        }),
      ),
  )
}

function randomTensor({ type }: Node, limit: number, next: () => number): Tensor {
  const values = allocate(type.dtype, elements(type.shape))
  for (let i = 0; i < values.length; i++) {
    const value = next()
    if (type.dtype === 'f32') values[i] = 4 * value - 2
    else if (type.dtype === 'i64') values[i] = BigInt(Math.floor(value * limit))
    else values[i] = Math.floor(value * limit)
  }
  return { ...type, values }
}

/** One above the largest integer to try: the rows of the smallest table that this input picks from. */
function limitOf(graph: Graph, input: Node<'input'>): number {
  if (input.type.dtype === 'bit') return 2
  const users = usersOf(graph)
  const tables: number[] = []
  const follow = (node: Node): void => {
    for (const user of users.get(node) ?? [])
      if (user.op === 'gather' && user.operands[1] === node) tables.push(user.operands[0].type.shape[0]!)
      else if (user.op === 'reshape' || user.op === 'slice' || user.op === 'transpose') follow(user)
  }
  follow(input)
  return tables.length > 0 ? Math.min(...tables) : 256
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
