import { elements, type Shape } from './tensor.ts'

/** Neighbouring axes of one shape that hold the same elements as neighbouring axes of another. */
export interface Group {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/**
 * How a reshape maps axes: [2,3,4] → [6,4] is {[0,1] → [0]}, {[2] → [1]}. Axes of size 1 join the group before them.
 * Throws where the shapes do not have the same number of elements.
 */
export function regroup(from: Shape, to: Shape): Group[] {
  if (elements(from) !== elements(to)) throw new Error(`[${from}] and [${to}] hold different numbers of elements`)
  const groups: { from: number[]; to: number[] }[] = []
  let i = 0
  let k = 0
  while (i < from.length || k < to.length) {
    const group = { from: [] as number[], to: [] as number[] }
    let left = 1
    let right = 1
    do {
      if (i < from.length && (left <= right || k >= to.length)) {
        left *= from[i]!
        group.from.push(i++)
      } else {
        right *= to[k]!
        group.to.push(k++)
      }
    } while (left !== right || (group.from.length === 0 && i < from.length) || (group.to.length === 0 && k < to.length))
    while (i < from.length && from[i] === 1) group.from.push(i++)
    while (k < to.length && to[k] === 1) group.to.push(k++)
    groups.push(group)
  }
  return groups
}

/**
 * The shape that a tensor of shape `operand`, which broadcasts to `from`, takes after a reshape of `from` to `to`;
 * undefined where it repeats along a part of a merged or split group only.
 */
export function reshapeBroadcast(operand: Shape, from: Shape, to: Shape): Shape | undefined {
  const result = new Array<number>(to.length).fill(1)
  for (const group of regroup(from, to)) {
    const whole = group.from.every(axis => operand[axis] === from[axis])
    if (whole) for (const axis of group.to) result[axis] = to[axis]!
    else if (!group.from.every(axis => operand[axis] === 1)) return undefined
  }
  return elements(result) === elements(operand) ? result : undefined
}
