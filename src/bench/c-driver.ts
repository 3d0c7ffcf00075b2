import { conditionOf, constantOf, cType, targetOf, type Unit, workspaceBuffers } from '../backends/c/index.ts'
import { PROBE_WORDS } from '../backends/module.ts'
import { bytesOf } from '../plan/arena.ts'
import type { Buffer } from '../plan/plan.ts'
import { loadConstantsSource } from '../run/c-constants.ts'
import { multiplyAddSource, type NamedProbe } from './c-probe.ts'

/**
 * A C program that times generated code, which it includes so that it can call each layer alone. `program INPUTS` reads
 * the values of all inputs from a file and prints the instruction set in use. Then every line `KIND INDEX COUNT` on stdin
 * is answered with the nanoseconds that so many runs took, by the clock and of the processor: kind r the whole network, s one step, p one probe.
 */
export function benchDriver(unit: Unit, probes: readonly NamedProbe[]): string {
  const { name, inputs, outputs } = unit.plan
  const ports = [...inputs, ...outputs].map(({ buffer }) => buffer)
  const inFile = unit.scope.constants.place === 'file'
  const sets = namesOf(unit)
  const args = [...ports.map(port), ...(inFile ? ['constants'] : []), 'workspace']
  const call = `return ${name}_run(${args.join(', ')});`
  const tasks = [
    ...unit.steps.map((text, k) => inVariants(unit, `step_${k}`, `BUFFERS\n${text}\n  return 0;`)),
    ...probes.map(({ call }, k) => inVariants(unit, `probe_${k}`, `  ${call};\n  return 0;`)),
  ]
  return `#define _POSIX_C_SOURCE 199309L
#include "${name}.c"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef int (*task)(void);
static const size_t sizes[] = {${ports.map(bytesOf).join(', ')}};
static void *ports[${ports.length}];
static unsigned char *workspace;
${inFile ? `static const struct ${name}_constants *constants;\n${loadConstantsSource(name, 64)}` : ''}/* Words that are small floats too, so that no sum becomes infinite or slow. */
static uint32_t probe_x[${PROBE_WORDS}], probe_weights[${PROBE_WORDS}], probe_sums[${PROBE_WORDS}];

#define BUFFERS unsigned char *const base = workspace + (-(uintptr_t)workspace & 63u); \\
${[...ports.map(local), ...workspaceBuffers(unit).map(inWorkspace)].join(' \\\n')} \\
  (void)base;

static int whole_run(void)
{
  ${call}
}

${multiplyAddSource(unit.sets)}
${tasks.join('\n')}
/* Where in the tables below the best set is that the machine has. */
static int best_isa(void)
{
${unit.sets
  .slice(0, -1)
  .map(set => `#ifdef ${targetOf(set)}\n  if (${conditionOf(set, 4)})\n    return ${constantOf(set)};\n#endif`)
  .join('\n')}
  return 0;
}

${table('steps', 'step', unit.steps.length, sets)}
${table('probes', 'probe', probes.length, sets)}
${MAIN.replaceAll('NAMES', sets.map(isa => `"${isa}"`).join(', '))
  .replaceAll('INPUTS', `${inputs.length}`)
  .replaceAll('PORTS', `${ports.length}`)
  .replaceAll('BYTES', `${name.toUpperCase()}_WORKSPACE_BYTES`)
  .replace('LOAD', inFile ? `\n  constants = (const struct ${name}_constants *)load_${name}_constants();` : '')}`
}

const port = ({ element }: Buffer, k: number): string => `(${cType[element]} *)ports[${k}]`

const local = (buffer: Buffer, k: number): string =>
  `  ${cType[buffer.element]} *const ${buffer.name} = ${port(buffer, k)}; (void)${buffer.name};`

const inWorkspace = ({ name, element, place }: Buffer): string =>
  `  ${cType[element]} *const ${name} = (${cType[element]} *)(void *)(base + ${place.kind === 'workspace' ? place.offset : 0}); (void)${name};`

/** Instruction sets in the order of the enum; where no layer depends on one, there is none. */
const namesOf = ({ sets }: Unit): string[] => (sets.length > 0 ? sets.map(({ isa }) => isa).reverse() : ['portable'])

/** A function without arguments for every instruction set, as the module has run functions. */
const inVariants = ({ sets }: Unit, name: string, body: string): string => {
  if (sets.length === 0) return `static int ${name}_portable(void)\n{\n${body}\n}\n`
  return [
    `static INLINE int ${name}_with(enum isa isa)\n{\n  (void)isa;\n${body}\n}`,
    `static int ${name}_portable(void) { return ${name}_with(PORTABLE); }`,
    ...sets
      .slice(0, -1)
      .flatMap(set => [
        `#ifdef ${targetOf(set)}`,
        `${targetOf(set)} static int ${name}_${set.isa}(void) { return ${name}_with(${constantOf(set)}); }`,
        '#else',
        `#define ${name}_${set.isa} ${name}_portable`,
        '#endif',
      ]),
    '',
  ].join('\n')
}

const table = (name: string, prefix: string, count: number, sets: readonly string[]): string => {
  const rows = Array.from({ length: count }, (_, k) => `  {${sets.map(isa => `${prefix}_${k}_${isa}`).join(', ')}},`)
  return `static const task ${name}[][${sets.length}] = {\n${rows.join('\n')}\n  {0}\n};\n`
}

const MAIN = `static double nanoseconds(struct timespec start, struct timespec end)
{
  return 1e9 * (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec);
}

int main(int argc, char **argv)
{
  static const char *const names[] = {NAMES};
  FILE *values = argc == 2 ? fopen(argv[1], "rb") : 0;
  const int isa = best_isa();
  if (!values) return 2;LOAD
  for (int k = 0; k < PORTS; k++) {
    ports[k] = calloc(sizes[k], 1);
    if (k < INPUTS && fread(ports[k], 1, sizes[k], values) != sizes[k]) return 2;
  }
  workspace = (unsigned char *)calloc(BYTES + 8, 1);
  for (int k = 0; k < ${PROBE_WORDS}; k++) {
    probe_x[k] = 0x3f000000u + (uint32_t)k * 40503u % 0x00700000u;
    probe_weights[k] = 0x3c000000u + (uint32_t)k * 30011u % 0x00700000u;
  }
  if (whole_run() != 0) return 3;
  puts(names[isa]);
  fflush(stdout);
  char kind;
  int index;
  long count;
  while (scanf(" %c %d %ld", &kind, &index, &count) == 3) {
    const task run = kind == 'r' ? whole_run : kind == 's' ? steps[index][isa] : probes[index][isa];
    struct timespec start, end, cpu_start, cpu_end;
    memset(probe_sums, 0, sizeof probe_sums);
    /* Caches and clock as they are in a loop of such runs. */
    run();
    clock_gettime(CLOCK_MONOTONIC, &start);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_start);
    for (long k = 0; k < count; k++) run();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_end);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.0f %.0f\\n", nanoseconds(start, end), nanoseconds(cpu_start, cpu_end));
    fflush(stdout);
  }
  return 0;
}
`
