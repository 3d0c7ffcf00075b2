import fc from 'fast-check'
import { expect, test } from 'vitest'
import { regroup, reshapeBroadcast } from '../../src/ir/regroup.ts'
import { elements } from '../../src/ir/tensor.ts'

test('groups of axes', () => {
  expect(regroup([2, 3, 4], [6, 4])).toEqual([
    { from: [0, 1], to: [0] },
    { from: [2], to: [1] },
  ])
  expect(regroup([2, 5], [2, 1, 5])).toEqual([
    { from: [0], to: [0, 1] },
    { from: [1], to: [2] },
  ])
})

test('every axis is in one group, and groups hold as many elements on both sides', () => {
  const sizes = fc.array(fc.constantFrom(1, 2, 3, 4, 6), { maxLength: 5 })
  const merged = fc.tuple(sizes, fc.infiniteStream(fc.boolean())).map(([from, merge]) => {
    const to: number[] = []
    for (const size of from)
      if (to.length > 0 && merge.next().value) to.push(to.pop()! * size)
      else to.push(size)
    return [from, to] as const
  })
  fc.assert(
    fc.property(merged, ([from, to]) => {
      const groups = regroup(from, to)
      expect(groups.flatMap(group => group.from)).toEqual([...from.keys()])
      expect(groups.flatMap(group => group.to)).toEqual([...to.keys()])
      for (const group of groups)
        expect(elements(group.from.map(axis => from[axis]!))).toBe(elements(group.to.map(axis => to[axis]!)))
    }),
  )
})

test('how a broadcasting operand follows a reshape', () => {
  expect(reshapeBroadcast([1, 12], [1, 12], [1, 3, 2, 2])).toEqual([1, 3, 2, 2])
  expect(reshapeBroadcast([1, 100, 1], [1, 100, 400], [1, 100, 1, 400])).toEqual([1, 100, 1, 1])
  expect(reshapeBroadcast([1, 3, 1, 1], [1, 3, 2, 2], [1, 12])).toBeUndefined()
})
