import { expect, test } from 'vitest'
import { callsOf } from '../src/backends/buffers.ts'
import { lower } from '../src/backends/lower.ts'
import { addMacs, macsOf } from '../src/bench/macs.ts'
import { smallGraph } from './small-graph.ts'

test('multiply-accumulates are those inside the image', () => {
  const calls = lower(smallGraph()).steps.flatMap(callsOf)
  const macs = calls.map(macsOf).filter(({ binary, float }) => binary + float > 0)
  // 6×6 with a border of 1: of 18 taps along an axis 2 are outside. 3×3: 2 of 9. The last layer has no border.
  expect(macs).toEqual([
    { binary: 0, integer: 0, float: 16 * 16 * 2 * 4 },
    { binary: 7 * 7 * 4 * 5, integer: 0, float: 0 },
    { binary: 3 * 3 * 5 * 3, integer: 0, float: 0 },
  ])
  expect(addMacs(macs)).toEqual({ binary: 980 + 135, integer: 0, float: 2048 })
})
