import { extrasOf, isConvolution, isReducing } from '../../ir/epilogue.ts'
import type { Expr } from '../../ir/expr.ts'
import { topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import { numbersOf } from '../../ir/tensor.ts'
import type { ConstantFigures, WeightFigures } from '../report.ts'
import { histogramOf } from './histogram.ts'
import type { Network } from './network.ts'

type Role = ConstantFigures['role']
const roles: Partial<Record<string, Role>> = {
  mul: 'scale',
  div: 'scale',
  add: 'shift',
  sub: 'shift',
  ge: 'threshold',
  gt: 'threshold',
}

/** A threshold that is always or never met is as far away as a number can be: it says nothing about the others. */
const UNREACHED = 1e6

/** Constants with a value per channel that a layer's expression reads, by what they do there. */
export function constantsOf({ stages, nodes }: Network): ConstantFigures[] {
  return stages.flatMap(({ id, layer }) => {
    const node = nodes[id]!
    if (layer === undefined || !isReducing(node)) return []
    return extrasOf(node).flatMap((extra, k) => {
      const role = roleOf(node.attrs.epilogue, k + 1)
      if (extra.op !== 'constant' || !role) return []
      const values = numbersOf(extra.attrs.value)
      const usual = role === 'threshold' ? values.filter(value => Math.abs(value) < UNREACHED) : values
      return [{ layer, role, values, histogram: histogramOf(usual) }]
    })
  })
}

/** What the function around an argument makes of it. */
function roleOf(expr: Expr, index: number): Role | undefined {
  if (!('args' in expr)) return undefined
  if (expr.args.some(part => part.fn === 'arg' && part.index === index)) return roles[expr.fn]
  for (const part of expr.args) {
    const role = roleOf(part, index)
    if (role) return role
  }
  return undefined
}

/** The model's own weights of every binary layer, found by the name of the layer. */
export function weightsOf({ trained, stages, summary }: Network): WeightFigures[] {
  const convolutions = topological(trained).filter(isConvolution)
  return stages.flatMap(({ layer }) => {
    if (layer === undefined || summary.layers[layer]!.kind !== 'binary') return []
    const { name } = summary.layers[layer]!
    const weights: Node | undefined = convolutions.find(({ origin }) => origin[0] === name)?.operands[1]
    if (weights?.op !== 'constant' || weights.type.dtype !== 'f32') return []
    return [describe(layer, numbersOf(weights.attrs.value), weights.type.shape[0]!)]
  })
}

function describe(layer: number, values: readonly number[], filters: number): WeightFigures {
  const size = values.length / filters
  const alpha = Array.from({ length: filters }, (_, o) => {
    let sum = 0
    for (let i = o * size; i < (o + 1) * size; i++) sum += Math.abs(values[i]!)
    return sum / size
  })
  const latent = values.some((value, i) => {
    const scale = alpha[Math.floor(i / size)]!
    return Math.abs(Math.abs(value) - scale) > 1e-4 * scale
  })
  return { layer, histogram: histogramOf(values), alpha, latent }
}
