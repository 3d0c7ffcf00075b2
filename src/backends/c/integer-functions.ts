import type { Isa } from '../backend.ts'
import { render } from '../template.ts'

/** What layers of integers call, for a block of pixels and one or two vectors of filters: `add_products_8x32`. */
const CALLED = /\b(add_products|in_doubt|at_least)_(\d+)x(\d+)\(/g

/** Only the functions that these texts call. */
export function integerFunctionsFor(called: string, isas: readonly Isa[]): string[] {
  const found = new Map([...called.matchAll(CALLED)].map(match => [match[0], match]))
  return [...found.values()]
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
    .map(([, name, pixels, width]) =>
      render(`c/functions/${name}.c`, {
        pixels,
        width,
        vectors: Number(width) / 16,
        eighths: Number(width) / 8,
        quarters: Number(width) / 4,
        wide: Number(width) > 16,
        sse4: isas.includes('sse4'),
        avx2: isas.includes('avx2'),
        avx512: isas.includes('avx512'),
      }),
    )
}
