import { readModel } from '../../src/frontend/index.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { numbersOf, sameShape } from '../../src/ir/tensor.ts'
import { encode, feedsOf, type Network, type Type, type ValueType } from './network.ts'
import type { Fails } from './reduce-recipe.ts'

/**
 * The second half of the reducer, on the network itself: other outputs, values as inputs in place of what made them,
 * nodes left out, attributes dropped, and simple numbers in constants and samples.
 */
export async function reduceNetwork(network: Network, fails: Fails<Network>): Promise<Network> {
  let best = pruned(network)
  for (let before: Network | undefined; before !== best; ) {
    before = best
    for (const shrink of shrinks) {
      // A candidate that fails makes a new list: what was left out is not tried again.
      for (let at = 0; ; at++) {
        const candidate = await shrink(best, at)
        if (candidate === 'end') break
        if (!candidate) continue
        const smaller = pruned(candidate)
        if (await fails(smaller)) {
          best = smaller
          at--
        }
      }
    }
  }
  return best
}

/** The candidate at a place of the list; none where there is nothing to change. */
type Shrink = (network: Network, at: number) => Promise<Network | 'end' | undefined> | Network | 'end' | undefined

const typeOf = ({ inputs, constants, types }: Network, name: string): ValueType | undefined =>
  types[name] ?? constants[name] ?? inputs.find(value => value.name === name)

const isFloat = (type: ValueType | undefined): boolean => type?.type === 'float' || type?.type === 'int32'

const oneOutput: Shrink = (network, at) => {
  const name = network.outputs[at]
  if (name === undefined || network.outputs.length === 1) return 'end'
  return { ...network, outputs: [name] }
}

const earlierOutput: Shrink = (network, at) => {
  const { nodes } = network
  const name = nodes[at]?.out[0]
  if (at >= nodes.length - 1) return 'end'
  const type = typeOf(network, name!)
  return type && type.type !== 'int64' && !network.outputs.includes(name!)
    ? { ...network, outputs: [name!] }
    : undefined
}

const oneSample: Shrink = (network, at) => {
  const sample = network.samples[at]
  return sample && network.samples.length > 1 ? { ...network, samples: [sample] } : 'end'
}

/** The result of a node as an input, with the values that it had. */
const cutBefore: Shrink = async (network, at) => {
  const node = network.nodes[network.nodes.length - 1 - at]
  if (!node) return 'end'
  const [name] = node.out
  const type = typeOf(network, name!)
  if (!type || !isFloat(type) || network.outputs.includes(name!) || node.op === 'Constant') return undefined
  const values = await valuesOf(network, name!)
  if (!values) return undefined
  return {
    ...network,
    inputs: [...network.inputs, { name: name!, ...type }],
    nodes: network.nodes.filter(each => each !== node),
    samples: network.samples.map((sample, k) => ({ ...sample, [name!]: values[k]! })),
  }
}

/** A node left out: who read it reads one of its operands, which has the same type. */
const bypass: Shrink = (network, at) => {
  const node = network.nodes[network.nodes.length - 1 - at]
  if (!node) return 'end'
  const [name] = node.out
  const type = typeOf(network, name!)
  const same = node.in.find(each => {
    const found = typeOf(network, each)
    return found && type && found.type === type.type && sameShape(found.shape, type.shape)
  })
  if (same === undefined) return undefined
  const swap = (each: string) => (each === name ? same : each)
  return {
    ...network,
    nodes: network.nodes.filter(each => each !== node).map(each => ({ ...each, in: each.in.map(swap) })),
    outputs: [...new Set(network.outputs.map(swap))],
  }
}

const withoutAttribute: Shrink = (network, at) => {
  const places = network.nodes.flatMap((node, k) => Object.keys(node.attrs ?? {}).map(key => [k, key] as const))
  const place = places[at]
  if (!place) return 'end'
  const [k, key] = place
  const node = network.nodes[k]!
  const attrs = Object.fromEntries(Object.entries(node.attrs ?? {}).filter(([each]) => each !== key))
  return { ...network, nodes: network.nodes.with(k, { ...node, attrs }) }
}

const olderOpset: Shrink = (network, at) => (at === 0 && network.opset !== 17 ? { ...network, opset: 17 } : 'end')

/** All values of a constant or an input at once, then one by one where they are few. */
const simplerConstant: Shrink = (network, at) => {
  const places = Object.entries(network.constants).flatMap(([name, { type, values }]) =>
    type === 'int64' ? [] : simpler(values, type).map(list => ({ name, list })),
  )
  const place = places[at]
  if (!place) return 'end'
  const { name, list } = place
  return { ...network, constants: { ...network.constants, [name]: { ...network.constants[name]!, values: list } } }
}

const simplerSample: Shrink = (network, at) => {
  const places = network.samples.flatMap((sample, k) =>
    network.inputs.flatMap(({ name, type }) =>
      name.startsWith('ids') ? [] : simpler(sample[name]!, type).map(list => ({ k, name, list })),
    ),
  )
  const place = places[at]
  if (!place) return 'end'
  const { k, name, list } = place
  return { ...network, samples: network.samples.with(k, { ...network.samples[k]!, [name]: list }) }
}

const FEW = 24

/** Lists with simpler numbers than these, none of which is as it was. */
function simpler(values: readonly number[], type: Type): number[][] {
  const isSigned = type !== 'uint8' && type !== 'bool'
  const all = [0, 1].map(value => values.map(() => value))
  const single =
    values.length > FEW ? [] : values.flatMap((value, k) => simplerThan(value).map(each => values.with(k, each)))
  return [...all, ...single].filter(
    list =>
      (isSigned || list.every(value => value >= 0)) &&
      list.some((value, k) => !Object.is(value, values[k])) &&
      costOf(list) < costOf(values),
  )
}

/** 0 and 1 are simple, whole numbers less so, fractions least. */
const simplerThan = (value: number): number[] =>
  [0, 1, -1, Math.trunc(value), Math.round(value * 4) / 4].filter(each => cost(each) < cost(value))
const cost = (value: number): number =>
  value === 0
    ? 0
    : value === 1
      ? 1
      : value === -1
        ? 2
        : Number.isInteger(value)
          ? 3
          : Number.isInteger(value * 4)
            ? 4
            : 5
const costOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + cost(value), 0)

const shrinks: readonly Shrink[] = [
  oneOutput,
  earlierOutput,
  oneSample,
  cutBefore,
  bypass,
  withoutAttribute,
  olderOpset,
  simplerConstant,
  simplerSample,
]

/** Without nodes, constants and inputs that no output needs. */
export function pruned(network: Network): Network {
  const needed = new Set(network.outputs)
  const nodes = network.nodes.toReversed().filter(node => {
    if (!node.out.some(name => needed.has(name))) return false
    for (const name of node.in) needed.add(name)
    return true
  })
  const inputs = network.inputs.filter(({ name }) => needed.has(name))
  return {
    ...network,
    nodes: nodes.reverse(),
    inputs,
    constants: Object.fromEntries(Object.entries(network.constants).filter(([name]) => needed.has(name))),
    samples: network.samples.map(sample => Object.fromEntries(inputs.map(({ name }) => [name, sample[name]!]))),
  }
}

/** What the interpreter makes of a value, sample by sample. */
async function valuesOf(network: Network, name: string): Promise<number[][] | undefined> {
  const alone = pruned({ ...network, outputs: [name] })
  try {
    const { graph } = await readModel(encode(alone))
    return feedsOf(alone).map(feeds => numbersOf(interpret(graph, feeds).get(name)!))
  } catch {
    return undefined
  }
}
