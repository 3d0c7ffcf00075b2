import type { GeneratedFunction } from '../../module.ts'
import { templated } from '../../print/template.ts'
import { comment, times } from '../names.ts'
import { headText, type Parameter, wrapped } from '../signature.ts'
import { vectors } from './plain.ts'

/** What scalar machines add up in registers: products, or with an instruction that counts bits those that differ. */
export type TileSum = 'accumulate' | 'count_mismatches' | 'multiply'

interface Kind {
  readonly name: string
  readonly xType: string
  readonly weightType: string
  readonly valueType: string
  readonly sumType: string
  /** Where there is such code; everywhere without one. */
  readonly condition: string
  readonly needs: readonly GeneratedFunction[]
  readonly what: string
  /** Pixels of a whole tile: compilers spill the counts of more than eight. */
  readonly pixels: 2 | 4
  /** What an element of x is used as, and what is added for it and a weight. */
  readonly read: (element: string) => string
  readonly step: (x: string, weight: string) => string
}

const kinds: Readonly<Record<TileSum, (xType: string) => Kind>> = {
  accumulate: xType => ({
    name: `accumulate${xType === 'uint8_t' ? '_u8' : ''}`,
    xType,
    weightType: 'float',
    valueType: 'float',
    sumType: 'float',
    condition: '!VECTORS',
    needs: [vectors],
    what: 'products with the weights',
    pixels: 4,
    read: element => (xType === 'uint8_t' ? `(float)${element}` : element),
    step: (x, weight) => `${x} * ${weight}`,
  }),
  count_mismatches: xType => ({
    name: 'count_mismatches',
    xType,
    weightType: 'uint32_t',
    valueType: 'uint32_t',
    sumType: 'int32_t',
    condition: 'defined(__riscv_zbb)',
    needs: [],
    what: 'the bits that differ from those of the weights',
    pixels: 2,
    read: element => element,
    step: (x, weight) => `__builtin_popcount(${x} ^ ${weight})`,
  }),
  multiply: xType => ({
    name: 'multiply',
    xType,
    weightType: 'int32_t',
    valueType: 'int32_t',
    sumType: 'int32_t',
    condition: '',
    needs: [],
    what: 'products with the weights',
    pixels: 2,
    read: element => element,
    step: (x, weight) => `${x} * ${weight}`,
  }),
}

const runs = (kind: Kind, pixels: number): Parameter[] => [
  [`const ${kind.xType} *`, 'x'],
  ['int ', 'row_pitch'],
  ...(pixels > 1 ? ([['int ', 'pitch']] as const) : []),
  [`const ${kind.weightType} *`, 'weights'],
  ['int ', 'lanes'],
  ['int ', 'next_row'],
  ['int ', 'rows'],
  ['int ', 'count'],
  [`${kind.sumType} *`, 'sums'],
  ...(pixels > 1 ? ([['int ', 'sum_pitch']] as const) : []),
]

/** A few pixels by a few filters, in a register each. */
function tile(kind: Kind, pixels: number, filters: number) {
  const { sumType, valueType, weightType, read, step } = kind
  const name = `${kind.name}_tile_${pixels}x${filters}`
  const indices = (count: number): number[] => Array.from({ length: count }, (_, k) => k)
  const rows = indices(pixels).map(p => {
    const own = 'abcd'[p]!
    const sums = indices(filters).map(f => ({ sum: `${own}${f}`, place: `${p === 0 ? 'sums' : own}[${f}]` }))
    return {
      pointer: p === 0 ? '' : `${sumType} *const ${own} = sums + ${times('sum_pitch', p)};`,
      starts: `${sumType} ${sums.map(({ sum, place }) => `${sum} = ${place}`).join(', ')};`,
      value: `const ${valueType} x${p} = ${read(`x[${p === 0 ? '' : `${times('pitch', p)} + `}k]`)};`,
      steps: sums.map(({ sum }, f) => `${sum} += ${step(`x${p}`, `w${f}`)};`),
      ends: sums.map(({ sum, place }) => `${place} = ${sum};`).join(' '),
    }
  })
  const what = `Adds up ${kind.what} for ${pixels} by ${filters} sums in registers: x has \`rows\` runs of \`count\`, weights are \`lanes\` apart.`
  return {
    name,
    comment: comment([what]),
    head: headText('static void', name, runs(kind, pixels)),
    weightType,
    filters: `const ${weightType} ${indices(filters)
      .map(f => `w${f} = w[${f}]`)
      .join(', ')};`,
    pixels: rows,
  }
}

/** Sums of pixels by filters on a machine without vectors: a tile at a time, and what is left of pixels and of filters. */
export function tiles(sum: TileSum, xType: string): GeneratedFunction {
  const kind = kinds[sum](xType)
  const name = `${kind.name}_tiles`
  const [whole, line, one] = [tile(kind, kind.pixels, 4), tile(kind, 1, 4), tile(kind, 1, 1)]
  const call = ({ name }: { readonly name: string }, many: boolean, margin: string): string => {
    const run = ['weights + lane', 'lanes', 'next_row', 'rows', 'count', 'sums + p * sum_pitch + lane']
    const pitches = ['row_pitch', ...(many ? ['pitch'] : [])]
    return wrapped(`${name}(`, ['x + p * pitch', ...pitches, ...run, ...(many ? ['sum_pitch'] : [])], ');', margin)
  }
  const [first, second, ...others] = runs(kind, kind.pixels)
  const parameters = [first!, second!, others[0]!, ['int ', 'pixels'] as const, ...others.slice(1)]
  return {
    name,
    ...templated('c/functions/tiles.c', {
      condition: kind.condition,
      comment: comment([
        'The same for `pixels` pixels by `lanes` filters: pixel p has its runs at x + p * pitch, and its sums at sums + p * sum_pitch.',
      ]),
      head: headText('static void', name, parameters),
      tiles: [whole, line, one],
      tall: kind.pixels,
      whole: call(whole, true, '      '),
      line: call(line, false, '      '),
      one: call(one, false, '      '),
    }),
    needs: kind.needs,
  }
}
