import type { Node } from '../../ir/node.ts'
import { broadcastStrides, elements, indicesOf, type Shape } from '../../ir/tensor.ts'

/** The constant operands of an epilogue, seen together: one set of values for every position they tell apart. */
export interface ConstantExtras {
  /** Broadcast shape of the operands; all ones but the last axis where they differ by channel only. */
  readonly shape: Shape
  readonly positions: number
  /** Fills arguments 1, 2, … of an expression with the values at a position (row-major in `shape`). */
  readonly fill: (args: number[], position: number) => void
  readonly perChannel: boolean
}

/** Undefined where some operand is not a constant. Operands have rank 4 and broadcast to each other, `channels` last. */
export function constantExtras(extras: readonly Node[], channels: number): ConstantExtras | undefined {
  const constants = extras.filter(extra => extra.op === 'constant')
  if (constants.length !== extras.length) return undefined
  const shape = [0, 1, 2, 3].map(axis =>
    Math.max(axis === 3 ? channels : 1, ...constants.map(({ type }) => type.shape[axis]!)),
  )
  const sources = constants.map(({ attrs, type }) => ({
    values: attrs.value.values,
    at: indicesOf(shape, broadcastStrides(type.shape, shape)),
  }))
  return {
    shape,
    positions: elements(shape),
    fill: (args, position) => {
      sources.forEach(({ values, at }, i) => {
        args[i + 1] = Number(values[at[position]!])
      })
    },
    perChannel: shape.slice(0, 3).every(size => size === 1),
  }
}
