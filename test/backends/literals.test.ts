import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cFloat, cInt, decimalF32, hexWord, wrapLiterals } from '../../src/backends/print/literals.ts'

describe('literals', () => {
  it('prints the shortest decimal that reads back to the same f32', () => {
    expect(
      [0.1, 1, -0, 16777216, 1e-45, 3.4028234663852886e38, 0.3].map(value => decimalF32(Math.fround(value))),
    ).toEqual(['0.1', '1', '-0', '16777216', '1e-45', '3.4028235e+38', '0.3'])
  })

  it('reads back every f32', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(Math.fround(Number(decimalF32(value)))).toBe(value)
      }),
      { numRuns: 2000 },
    )
  })

  it('says what C needs', () => {
    expect([1, -0, 0.5, 1e-10, Infinity, -Infinity].map(cFloat)).toEqual([
      '1.0f',
      '-0.0f',
      '0.5f',
      '1e-10f',
      'INFINITY',
      '-INFINITY',
    ])
    expect(cInt(-2147483648)).toBe('(-2147483647 - 1)')
    expect(hexWord(0xdeadbeef)).toBe('0xdeadbeefu')
  })

  it('wraps at 120 columns', () => {
    const lines = wrapLiterals(new Uint32Array(100), hexWord, '  ').split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(120)
    expect(lines.join(' ').match(/0x00000000u/g)).toHaveLength(100)
  })
})
