import { type Graph, topological } from '../ir/graph.ts'
import type { Node } from '../ir/node.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Feeds } from '../run/runner.ts'
import { type Arithmetic, type Evaluated, evaluateBounded } from './bounded.ts'

/** What someone else computed for a value of the model, element by element; undefined where that is not known. */
export interface Aligned {
  /** In the terms of the model's own value. */
  readonly valueAt: (index: number) => number
  /** Elements where it is another value although rounding does not decide it. */
  readonly wrong: readonly number[]
  /** Whether it is this value for sure, so that a wrong element is a fault even where no output shows it. */
  readonly isSure: boolean
}

/** Someone who computed the model: onnxruntime, or generated code. */
export type Witness = (node: Node, value: Evaluated) => Aligned | undefined

/** A value next to a jump where the witness is on the other side than the interpreter. */
export interface NamedBit {
  /** Of the ONNX node. */
  readonly node: string
  readonly index: number
  /** Value before the sign minus its threshold, by the interpreter, and the bound of its rounding error. */
  readonly distance: number
  readonly bound: number
  readonly taken: number
}

/** Where a witness first computes something else; a sure one where there is any. */
export interface Departure {
  readonly isSure: boolean
  readonly node: string
  readonly wrong: number
  readonly values: number
  readonly index: number
  readonly actual: number
  readonly expected: number
  readonly distance?: number
  readonly bound?: number
}

export interface Followed {
  readonly outputs: ReadonlyMap<string, Evaluated>
  /** What rounding decided otherwise. */
  readonly bits: readonly NamedBit[]
  /** Signs of exact zeros, which the witness took as +1. */
  readonly zeros: readonly NamedBit[]
  readonly departure: Departure | undefined
}

export interface FollowOptions {
  readonly arithmetic: Arithmetic
  /** What an input may be off, relative to the largest: 0 where the witness has the same numbers. */
  readonly inputError?: number
  /** Nodes that may take an exact 0 as +1, because a warning names them. */
  readonly warnedZeros: ReadonlySet<string>
}

/**
 * Interprets the model as it was imported, and wherever rounding decides a bit, takes what the witness has there. Whoever
 * says which bits to take: outputs that come out like the witness's own are explained by those bits alone.
 */
export function follow(graph: Graph, feeds: Feeds, witness: Witness, options: FollowOptions): Followed {
  const values = new Map<Node, Evaluated>()
  const order = topological(graph)
  const last = new Map(order.map(node => [node.origin.at(-1), node]))
  const bits: NamedBit[] = []
  const zeros: NamedBit[] = []
  let departure: Departure | undefined
  for (const node of order) {
    if (node.op === 'input') {
      values.set(node, fed(feeds.get(node.attrs.name)!, options))
      continue
    }
    const found = evaluateBounded(
      node,
      node.operands.map(operand => values.get(operand)!),
      options.arithmetic,
    )
    // An ONNX node may be several of ours; the last one is what it gives.
    const aligned = node.op === 'constant' || last.get(node.origin.at(-1)) !== node ? undefined : witness(node, found)
    if (aligned && aligned.wrong.length > 0) note(departureOf(node, found, aligned))
    values.set(node, found.open.size === 0 ? found : { ...found, tensor: decide(node, found, aligned) })
  }
  return { outputs: new Map(graph.outputs.map(({ name, node }) => [name, values.get(node)!])), bits, zeros, departure }

  function note(found: Departure): void {
    if (!departure || (found.isSure && !departure.isSure)) departure = found
  }

  function decide(node: Node, found: Evaluated, aligned: Aligned | undefined): Tensor {
    const { tensor, open, distances, bounds } = found
    const decided = tensor.values.slice()
    const silent: number[] = []
    for (const [index, choices] of open) {
      if (!aligned) continue
      const isZero = bounds![index] === 0
      const wanted = aligned.valueAt(index)
      const own = Number(tensor.values[index])
      const taken = [own, ...choices].reduce((a, b) => (Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a))
      if (taken === own) continue
      if (isZero && !node.origin.some(name => options.warnedZeros.has(name))) {
        silent.push(index)
        continue
      }
      decided[index] = taken
      const bit = { node: node.origin.at(-1)!, index, distance: distances![index]!, bound: bounds![index]!, taken }
      ;(isZero ? zeros : bits).push(bit)
    }
    // The model itself may say later what becomes of the 0.
    if (aligned && silent.length > 0) note(departureOf(node, found, { ...aligned, wrong: silent, isSure: false }))
    return { ...tensor, values: decided }
  }
}

/** An input as another machine may store it, or make it of pixels. */
function fed(tensor: Tensor, { arithmetic, inputError = 0 }: FollowOptions): Evaluated {
  const open = new Map<number, readonly number[]>()
  if (arithmetic.storage + inputError === 0 || !(tensor.values instanceof Float32Array)) return { tensor, open }
  const most = tensor.values.reduce((size, value) => Math.max(size, Math.abs(value)), 0)
  return { tensor, open, errors: tensor.values.map(value => arithmetic.storage * Math.abs(value) + inputError * most) }
}

function departureOf(node: Node, { tensor, distances, bounds }: Evaluated, aligned: Aligned): Departure {
  const { wrong, valueAt, isSure } = aligned
  const index = wrong[0]!
  return {
    isSure,
    node: node.origin.at(-1)!,
    wrong: wrong.length,
    values: tensor.values.length,
    index,
    actual: valueAt(index),
    expected: Number(tensor.values[index]),
    ...(distances && bounds ? { distance: distances[index]!, bound: bounds[index]! } : {}),
  }
}
