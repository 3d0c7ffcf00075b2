import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasEmptyWindow, type Windows } from '../../src/frontend/importers/empty-windows.ts'

/** By looking at every tap of every window. */
function byWalking({ size, kernel, stride, dilation, before, after }: Windows): boolean {
  for (let start = -before; start + (kernel - 1) * dilation < size + after; start += stride) {
    const taps = Array.from({ length: kernel }, (_, k) => start + k * dilation)
    if (!taps.some(tap => tap >= 0 && tap < size)) return true
  }
  return false
}

describe('windows that lie in the padding', () => {
  test('arithmetic says what a walk over all taps says', () => {
    const small = (most: number, least = 1) => fc.integer({ min: least, max: most })
    const windows = fc
      .record({
        size: small(8),
        kernel: small(5),
        stride: small(7),
        dilation: small(12),
        before: small(30, 0),
        after: small(12, 0),
      })
      .filter(({ size, kernel, dilation, before, after }) => (kernel - 1) * dilation + 1 <= size + before + after)
    const found = { yes: 0, no: 0 }
    fc.assert(
      fc.property(windows, given => {
        const expected = byWalking(given)
        found[expected ? 'yes' : 'no']++
        expect(hasEmptyWindow(given)).toBe(expected)
      }),
      { numRuns: 20_000 },
    )
    expect(Math.min(found.yes, found.no)).toBeGreaterThan(500)
  })

  test.each([
    [{ size: 2 ** 31, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 }, false],
    [{ size: 2 ** 40, kernel: 2 ** 24, stride: 1, dilation: 2 ** 24, before: 2 ** 23, after: 0 }, false],
    [{ size: 2 ** 24, kernel: 2, stride: 2, dilation: 2 ** 24 + 1, before: 2 ** 24 - 1, after: 2 ** 24 }, true],
    [{ size: 1, kernel: 2 ** 24, stride: 1, dilation: 1, before: 2 ** 24 - 1, after: 0 }, false],
  ])('of any size at once: %o', (windows, expected) => {
    expect(hasEmptyWindow(windows)).toBe(expected)
  })
})
