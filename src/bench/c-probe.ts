import { constantOf, type InstructionSet, targetOf, type Unit } from '../backends/c/index.ts'
import type { Probe } from '../backends/module.ts'

export interface NamedProbe extends Probe {
  readonly name: string
  /** Says nothing where the code runs without vectors. */
  readonly needsVectors?: true
}

/** The inner loops that the layers use. What each reaches on data in L1 is the machine's peak. */
export const probesOf = ({ module, sets }: Unit): NamedProbe[] => [
  ...module.functions().flatMap(({ name, probe }) => (probe ? [{ name, ...probe }] : [])),
  ...(sets.length > 0 ? [multiplyAdd] : []),
]

/** The limit of float layers, which no inner loop has to reach: multiply-adds of registers. */
const multiplyAdd: NamedProbe = {
  name: 'multiply_add',
  call: 'multiply_add(isa)',
  kind: 'float',
  macs: 1 << 15,
  needsVectors: true,
}

/** The C text of `multiply_add`, in the generated code's terms. */
export const multiplyAddSource = (sets: readonly InstructionSet[]): string =>
  sets.length === 0
    ? ''
    : [
        ...sets.map(multiplyAddFor),
        'static INLINE void multiply_add(enum isa isa)\n{\n  (void)isa;',
        ...sets.flatMap(set =>
          set.floats
            ? [`#ifdef ${targetOf(set)}\n  if (isa == ${constantOf(set)}) multiply_add_${set.isa}();\n#endif`]
            : [],
        ),
        '}\n',
      ].join('\n')

function multiplyAddFor(set: InstructionSet): string {
  if (!set.floats) return ''
  const { type, load, splat, store, lanes, totals, multiplyAdd: added } = set.floats
  const target = targetOf(set)
  return `#ifdef ${target}
${target} static void multiply_add_${set.isa}(void)
{
  float *const sums = (float *)probe_sums;
  const ${type} w = ${load}((const float *)probe_weights);
  ${type} totals[${totals}];
  UNROLL
  for (int i = 0; i < ${totals}; i++) totals[i] = ${load}(sums + i * ${lanes});
  for (int k = 0; k < ${multiplyAdd.macs / totals / lanes}; k++) {
    const ${type} x = ${splat}(((const float *)probe_x)[k]);
    UNROLL
    for (int i = 0; i < ${totals}; i++) totals[i] = ${added('x', 'w', 'totals[i]')};
  }
  UNROLL
  for (int i = 0; i < ${totals}; i++) ${store}(sums + i * ${lanes}, totals[i]);
}
#endif
`
}
