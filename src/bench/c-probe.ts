import type { Isa } from '../backends/backend.ts'

/** An inner loop of the generated code, to be called alone on data in L1: what it reaches there is the machine's peak. */
export interface Probe {
  /** Of the function in the generated code. */
  readonly name: string
  /** The C text that calls it once. */
  readonly call: string
  readonly kind: 'binary' | 'integer' | 'float'
  /** Multiply-accumulates of one call. */
  readonly macs: number
  /** Says nothing where the code runs without vectors. */
  readonly needsVectors?: true
}

/** `count_mismatches_8x32`: what is added up, for how many pixels and filters. */
const INNER_LOOP = /static INLINE void ((count_mismatches|accumulate_signs|accumulate)\w*?_(\d+)x(\d+))\(([^)]*)\)/g

/** Elements of x, words or floats: long enough that starting costs nothing; the weights of 32 filters are 16 KB. */
const COUNT = 128

/** Elements that the driver's arrays need for any probe. */
export const PROBE_ELEMENTS = 1 << 15

/** The inner loops that are in this C source, except those with parameters that are not known here. */
export const findProbes = (source: string): Probe[] => [...signProbes(source), ...integerProbes(source)]

/** `add_products_8x32`: bytes, as 16 bits, times weights of 16 bits. */
const INTEGER_LOOP = /static INLINE void (add_products_(\d+)x(\d+))\(/g

const integerProbes = (source: string): Probe[] =>
  [...source.matchAll(INTEGER_LOOP)].map(([, name, pixels, filters]) => ({
    name: name!,
    call: `${name}(isa, (const int16_t *)probe_x, 0, ${COUNT}, ${pixels}, (const int16_t *)probe_weights, 1, 1, 0, ${COUNT / 2}, (int32_t *)probe_sums)`,
    kind: 'integer',
    macs: Number(pixels) * Number(filters) * COUNT,
  }))

function signProbes(source: string): Probe[] {
  return [...source.matchAll(INNER_LOOP)].flatMap(([, name, what, pixels, filters, parameters]) => {
    const binary = what === 'count_mismatches'
    const values: Readonly<Record<string, string>> = {
      isa: 'isa',
      x: `(${/uint8_t \*x/.test(parameters!) ? 'const uint8_t' : binary ? 'const uint32_t' : 'const float'} *)probe_x`,
      start: '0',
      row_pitch: '0',
      pitch: `${COUNT}`,
      from: '0',
      to: pixels!,
      weights: `(${/const \w+ \*(?=weights)/.exec(parameters!)![0]})probe_weights`,
      next_block: `${COUNT * 16}`,
      next_row: '0',
      rows: '1',
      count: `${COUNT}`,
      fresh: '1',
      sums: `(${binary ? 'int32_t' : 'float'} *)probe_sums`,
    }
    const args = parameters!.split(',').map(parameter => values[/(\w+)\s*$/.exec(parameter)![1]!])
    if (args.includes(undefined)) return []
    const macs = Number(pixels) * Number(filters) * COUNT * (binary ? 32 : 1)
    return [{ name: name!, call: `${name}(${args.join(', ')})`, kind: binary ? 'binary' : 'float', macs }]
  })
}

/** The limit of float layers, which no inner loop has to reach: multiply-adds of registers. */
export const multiplyAdd: Probe = {
  name: 'multiply_add',
  call: 'multiply_add(isa)',
  kind: 'float',
  macs: 1 << 15,
  needsVectors: true,
}

/** The C text of `multiply_add`, in the generated code's terms. */
export const multiplyAddSource = (): string =>
  [
    multiplyAddFor('avx512', '__m512', '_mm512', 16, 16),
    multiplyAddFor('avx2', '__m256', '_mm256', 8, 8),
    multiplyAddFor('sse4', '__m128', '_mm', 4, 8),
    'static INLINE void multiply_add(enum isa isa)\n{',
    ...['AVX512', 'AVX2', 'SSE4'].map(
      isa => `#ifdef TARGET_${isa}\n  if (isa == ${isa}) multiply_add_${isa.toLowerCase()}();\n#endif`,
    ),
    '  (void)isa;\n}\n',
  ].join('\n')

/** `totals` independent sums: enough to hide the latency, few enough for the registers. */
function multiplyAddFor(isa: Isa, type: string, prefix: string, lanes: number, totals: number): string {
  const target = `TARGET_${isa.toUpperCase()}`
  const sum =
    isa === 'sse4' ? `${prefix}_add_ps(${prefix}_mul_ps(x, w), totals[i])` : `${prefix}_fmadd_ps(x, w, totals[i])`
  return `#ifdef ${target}
${target} static void multiply_add_${isa}(void)
{
  float *const sums = (float *)probe_sums;
  const ${type} w = ${prefix}_loadu_ps((const float *)probe_weights);
  ${type} totals[${totals}];
  UNROLL
  for (int i = 0; i < ${totals}; i++) totals[i] = ${prefix}_loadu_ps(sums + i * ${lanes});
  for (int k = 0; k < ${multiplyAdd.macs / totals / lanes}; k++) {
    const ${type} x = ${prefix}_set1_ps(((const float *)probe_x)[k]);
    UNROLL
    for (int i = 0; i < ${totals}; i++) totals[i] = ${sum};
  }
  UNROLL
  for (int i = 0; i < ${totals}; i++) ${prefix}_storeu_ps(sums + i * ${lanes}, totals[i]);
}
#endif
`
}
