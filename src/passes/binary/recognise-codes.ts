import { arg, type Expr, number, substitute } from '../../ir/expr.ts'
import { rebuild, topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import { broadcastStrides, elements, indicesOf } from '../../ir/tensor.ts'
import { bottlenecks, numbered, replaced } from '../analysis/bottlenecks.ts'
import { isOfBits } from '../analysis/coded.ts'
import { layersReached } from '../analysis/feeds-layer.ts'
import { gridOf, type Stair, stairsOf, thresholdsOn } from '../analysis/staircase.ts'
import type { Pass } from '../pass.ts'
import { mostInputPlanes } from '../weights/input-planes.ts'
import { type Codes, planesFor, valueOfPlanes } from './planes-of-codes.ts'

/**
 * Cuts a map of 3 to 256 equally spaced values that feeds a layer into planes of bits and a function of them, which later
 * passes move past everything that can work on bits. A layer whose weights are not of a few values gains nothing by it.
 */
export const recogniseCodes: Pass = {
  name: 'recognise-codes',
  run(graph, context) {
    const reached = layersReached(graph)
    const found = new Map<Node, Codes>()
    for (const node of topological(graph)) {
      const layers = reached.get(node)
      if (node.op !== 'map' || node.type.dtype !== 'f32' || !layers || isOfBits(node)) continue
      const most = Math.max(...Array.from(layers, mostInputPlanes))
      const codes = most > 1 ? codesOf(node) : undefined
      if (codes && planesFor(codes.grid) <= most && context.mayRewrite(`codes at ${node.origin.join('+')}`))
        found.set(node, codes)
    }
    return rebuild(graph, (node, original) => {
      const codes = found.get(original)
      return (codes && valueOfPlanes(node as Node<'map'>, codes)) ?? node
    })
  },
}

/** A map of 3 to 256 equally spaced values, in terms of a part of it. */
export const codesOf = (node: Node<'map'>): Codes | undefined => codesOfPart(node) ?? codesOfChannels(node)

/** A function of one part of the expression, and of literals. */
function codesOfPart({ attrs: { expr }, operands, type }: Node<'map'>): Codes | undefined {
  const types = operands.map(operand => operand.type.dtype)
  const numbers = numbered(expr)
  for (const part of bottlenecks(expr, types, numbers)) {
    const stairs = stairsOf(replaced(expr, [numbers.get(part)!], numbers))
    const grid = stairs && gridOf([stairs])
    if (grid && grid.count > 1)
      return { grid, part, thresholds: thresholdsOn(grid, stairs).map(at => [at]), shape: type.shape.map(() => 1) }
  }
  return undefined
}

/** More positions that constants tell apart than are looked at one by one. */
const MOST_POSITIONS = 1 << 13

/** A function of one operand, and of constants per channel: thresholds and scales of their own. */
function codesOfChannels({ attrs: { expr }, operands, type }: Node<'map'>): Codes | undefined {
  const index = operands.findIndex(({ op }) => op !== 'constant')
  const constants = operands.filter(operand => operand.op === 'constant')
  if (index < 0 || constants.length !== operands.length - 1) return undefined
  if (operands.some(({ type: { dtype } }) => dtype !== 'f32')) return undefined
  const shape = type.shape.map((_, axis) => Math.max(1, ...constants.map(each => each.type.shape[axis]!)))
  const positions = elements(shape)
  if (positions === 1 || positions > MOST_POSITIONS) return undefined
  const places = constants.map(each => indicesOf(shape, broadcastStrides(each.type.shape, shape)))
  const inPosition = (position: number): Expr =>
    substitute(expr, k => {
      const operand = operands[k]!
      if (operand.op !== 'constant') return arg(0)
      return number(Number(operand.attrs.value.values[places[constants.indexOf(operand)]![position]!]))
    })
  const all: (readonly Stair[])[] = []
  for (let position = 0; position < positions; position++) {
    const stairs = stairsOf(inPosition(position))
    if (!stairs) return undefined
    all.push(stairs)
  }
  const grid = gridOf(all)
  if (!grid || grid.count < 2) return undefined
  const columns = all.map(stairs => thresholdsOn(grid, stairs))
  const thresholds = Array.from({ length: grid.count }, (_, k) => columns.map(column => column[k]!))
  return { grid, part: arg(index), thresholds, shape }
}
