import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { showTable } from '../../src/cli/table.ts'

const head = ['layer', 'kind', 'MACs', 'because']
const rows = [
  ['/features/0/Conv', 'float', '12.3 M', 'its input is not a sign, and its weights are no signs either'],
  ['a', 'binary', '1', ''],
]

describe('tables', () => {
  test('without a width: a line per row', () => {
    const lines = showTable(head, rows, [2]).split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[2]).toBe(
      '/features/0/Conv  float   12.3 M  its input is not a sign, and its weights are no signs either',
    )
    expect(lines[3]).toBe('a                 binary       1')
  })

  test('80 columns: words go on in the next line, below their title', () => {
    const lines = showTable(head, rows, [2], 80).split('\n')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80)
    const column = lines[0]!.indexOf('because')
    expect(lines.slice(2, -1).map(line => line.slice(column))).toEqual([
      'its input is not a sign, and its weights are',
      'no signs either',
    ])
  })

  test('fit, and lose no character', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'b', '/', ' '), maxLength: 90 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 40, max: 100 }),
        (cells, width) => {
          const lines = showTable(['first', 'second'], cells, [], width).split('\n')
          expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width)
          const letters = (text: string) => [...text.replace(/\s/g, '')].sort().join('')
          expect(letters(lines.slice(2).join(''))).toBe(letters(cells.flat().join('')))
        },
      ),
    )
  })
})
