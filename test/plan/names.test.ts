import { describe, expect, it } from 'vitest'
import { createNamer, isLegalName, legalName } from '../../src/plan/names.ts'

describe('names', () => {
  it('stay close to what ONNX says', () => {
    expect(legalName('/features/features.3/Conv', 'conv2d')).toBe('features_features_3_Conv')
    expect(legalName('7', 'conv2d')).toBe('conv2d_7')
    expect(legalName('', 'map')).toBe('map')
    expect(legalName('größe', 'x')).toBe('gr_e')
  })

  it('avoid the words of C, C++, JavaScript and WGSL', () => {
    for (const word of ['int', 'class', 'let', 'fn', 'float', 'workspace'])
      expect(isLegalName(legalName(word, 'x'))).toBe(true)
    expect(legalName('int', 'x')).toBe('int_')
  })

  it('are given once, whatever their case', () => {
    const take = createNamer()
    expect([take('a.b', 'x'), take('a/b', 'x'), take('A_B', 'x'), take('int', 'x'), take('int', 'x')]).toEqual([
      'a_b',
      'a_b_2',
      'A_B_3',
      'int_',
      'int_2',
    ])
  })

  it('are cut where they are long, and still given once', () => {
    const take = createNamer()
    const names = ['x', '1'].flatMap(character => [1, 2, 3].map(() => take(character.repeat(200), 'binaryConv2d')))
    expect(new Set(names.map(name => name.toLowerCase())).size).toBe(6)
    expect(names[2]).toBe(`${'x'.repeat(80)}_3`)
  })
})
