/** An inner loop of the generated code, to be called alone on data in L1: what it reaches there is the machine's peak. */
export interface Probe {
  /** Of the function in the generated code. */
  readonly name: string
  /** The C text that calls it once. */
  readonly call: string
  readonly kind: 'binary' | 'float'
  /** Multiply-accumulates of one call. */
  readonly macs: number
}

/** `count_mismatches_8x32`: what is added up, for how many pixels and filters. */
const INNER_LOOP = /static INLINE void ((count_mismatches|accumulate_signs|accumulate)\w*?_(\d+)x(\d+))\(([^)]*)\)/g

/** Elements of x, words or floats: long enough that starting costs nothing; 32 filters' weights are 16 KB. */
const COUNT = 128

/** Elements that the driver's arrays need for any probe. */
export const PROBE_ELEMENTS = 1 << 15

/** The inner loops that are in this C source, except those with parameters that are not known here. */
export function findProbes(source: string): Probe[] {
  return [...source.matchAll(INNER_LOOP)].flatMap(([, name, what, pixels, filters, parameters]) => {
    const binary = what === 'count_mismatches'
    const values: Readonly<Record<string, string>> = {
      isa: 'isa',
      x: `(${/uint8_t \*x/.test(parameters!) ? 'const uint8_t' : binary ? 'const uint32_t' : 'const float'} *)probe_x`,
      start: '0',
      pitch: `${COUNT}`,
      from: '0',
      to: pixels!,
      weights: `(const ${binary || what === 'accumulate_signs' ? 'uint32_t' : 'float'} *)probe_weights`,
      next_block: `${COUNT * 16}`,
      count: `${COUNT}`,
      sums: `(${binary ? 'int32_t' : 'float'} *)probe_sums`,
    }
    const args = parameters!.split(',').map(parameter => values[/(\w+)\s*$/.exec(parameter)![1]!])
    if (args.includes(undefined)) return []
    const macs = Number(pixels) * Number(filters) * COUNT * (binary ? 32 : 1)
    return [{ name: name!, call: `${name}(${args.join(', ')})`, kind: binary ? 'binary' : 'float', macs }]
  })
}
