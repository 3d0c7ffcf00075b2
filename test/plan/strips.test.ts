import { describe, expect, it } from 'vitest'
import type { Call, Step } from '../../src/plan/plan.ts'
import { rowsKept, scheduleOf } from '../../src/plan/strips.ts'

const strip = (params: object) =>
  ({ kind: 'strip', consumer: { params } as unknown as Call }) as Extract<Step, { kind: 'strip' }>
const window = { inHeight: 6, outHeight: 3, kernelHeight: 3, strideY: 2, dilationY: 1, padTop: 1 }

describe('strips', () => {
  it('compute the rows that a window still misses', () => {
    expect([...scheduleOf(strip(window))]).toEqual([
      { row: 0, first: 0, end: 2 },
      { row: 1, first: 2, end: 4 },
      { row: 2, first: 4, end: 6 },
    ])
  })

  it('skip rows between two windows', () => {
    expect([...scheduleOf(strip({ ...window, kernelHeight: 1, padTop: 0 }))].map(({ first }) => first)).toEqual([
      0, 2, 4,
    ])
  })

  it('keep the rows of one window, dilated', () => {
    const kept = (params: object) =>
      rowsKept(strip({ ...window, ...params }).consumer.params as Parameters<typeof rowsKept>[0])
    expect([kept({}), kept({ dilationY: 2 }), kept({ kernelHeight: 9 })]).toEqual([3, 5, 6])
  })
})
