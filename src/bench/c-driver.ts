import { bytesOf } from '../backends/arena.ts'
import { type ConstantPlace, isas } from '../backends/backend.ts'
import { callsOf } from '../backends/buffers.ts'
import { collectConstants } from '../backends/c/constants.ts'
import { instructionSets } from '../backends/c/instruction-sets.ts'
import { makeLayer } from '../backends/c/layers.ts'
import { cType } from '../backends/c/names.ts'
import { runSteps } from '../backends/c/run.ts'
import type { Buffer, Plan } from '../backends/plan.ts'
import { loadConstantsSource } from '../verify/c-constants.ts'
import { multiplyAddSource, PROBE_ELEMENTS, type Probe } from './c-probe.ts'

/**
 * A C program that times generated code, which it includes so that it can call each layer alone. `program INPUTS` reads
 * the values of all inputs from a file and prints the instruction set in use. Then every line `KIND INDEX COUNT` on stdin
 * is answered with the nanoseconds that so many runs took, by the clock and of the processor: kind r the whole network, s one step, p one probe.
 */
export function benchDriver(plan: Plan, probes: readonly Probe[], constants: ConstantPlace): string {
  const { name, inputs, outputs } = plan
  const ports = [...inputs, ...outputs].map(({ buffer }) => buffer)
  const { texts, buffers } = stepsOf(plan, constants)
  const inFile = constants === 'file'
  const args = [...ports.map(port), ...(inFile ? ['constants'] : []), 'workspace']
  const call = `return ${name}_run(${args.join(', ')});`
  const tasks = [
    ...texts.map((text, k) => inVariants(`step_${k}`, `BUFFERS\n${text}\n  return 0;`)),
    ...probes.map(({ call }, k) => inVariants(`probe_${k}`, `  ${call};\n  return 0;`)),
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
static uint32_t probe_x[${PROBE_ELEMENTS}], probe_weights[${PROBE_ELEMENTS}], probe_sums[${PROBE_ELEMENTS}];

#define BUFFERS unsigned char *const base = workspace + (-(uintptr_t)workspace & 63u); \\
${[...ports.map(local), ...buffers.map(inWorkspace)].join(' \\\n')} \\
  (void)base; (void)isa;

static int whole_run(void)
{
  ${call}
}

${multiplyAddSource()}
${tasks.join('\n')}
static int best_isa(void)
{
${instructionSets.map(({ target, condition, constant }) => `#ifdef ${target}\n  if (${condition}) return ${constant};\n#endif`).join('\n')}
  return PORTABLE;
}

${table('steps', 'step', texts.length)}
${table('probes', 'probe', probes.length)}
${MAIN.replaceAll('INPUTS', `${inputs.length}`)
  .replaceAll('PORTS', `${ports.length}`)
  .replaceAll('BYTES', `${name.toUpperCase()}_WORKSPACE_BYTES`)
  .replace('LOAD', inFile ? `\n  constants = (const struct ${name}_constants *)load_constants();` : '')}`
}

const port = ({ element }: Buffer, k: number): string => `(${cType[element]} *)ports[${k}]`

const local = (buffer: Buffer, k: number): string =>
  `  ${cType[buffer.element]} *const ${buffer.name} = ${port(buffer, k)}; (void)${buffer.name};`

const inWorkspace = ({ name, element, place }: Buffer): string =>
  `  ${cType[element]} *const ${name} = (${cType[element]} *)(void *)(base + ${place.kind === 'workspace' ? place.offset : 0}); (void)${name};`

/** The calls of the run function, as it has them, and the buffers in the workspace that they name. */
function stepsOf(plan: Plan, constants: ConstantPlace): { texts: readonly string[]; buffers: readonly Buffer[] } {
  const scope = { plan, constants: collectConstants(plan, constants) }
  const made = new Map(plan.steps.flatMap(callsOf).map(call => [call, makeLayer(call, scope)]))
  const { steps, used } = runSteps(plan, call => made.get(call)!, scope)
  return { texts: steps, buffers: [...used].filter(({ place }) => place.kind === 'workspace') }
}

/** A function without arguments for every instruction set, as the module has run functions. */
const inVariants = (name: string, body: string): string =>
  [
    `static INLINE int ${name}_with(enum isa isa)\n{\n  (void)isa;\n${body}\n}`,
    `static int ${name}_portable(void) { return ${name}_with(PORTABLE); }`,
    ...instructionSets.flatMap(({ target, isa, constant }) => [
      `#ifdef ${target}`,
      `${target} static int ${name}_${isa}(void) { return ${name}_with(${constant}); }`,
      '#else',
      `#define ${name}_${isa} ${name}_portable`,
      '#endif',
    ]),
    '',
  ].join('\n')

/** Instruction sets in the order of the enum. */
const ISAS = ['portable', ...isas]

const table = (name: string, prefix: string, count: number): string => {
  const rows = Array.from({ length: count }, (_, k) => `  {${ISAS.map(isa => `${prefix}_${k}_${isa}`).join(', ')}},`)
  return `static const task ${name}[][${ISAS.length}] = {\n${rows.join('\n')}\n  {0}\n};\n`
}

const MAIN = `static double nanoseconds(struct timespec start, struct timespec end)
{
  return 1e9 * (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec);
}

int main(int argc, char **argv)
{
  static const char *const names[] = {${ISAS.map(isa => `"${isa}"`).join(', ')}};
  FILE *values = argc == 2 ? fopen(argv[1], "rb") : 0;
  const int isa = best_isa();
  if (!values) return 2;LOAD
  for (int k = 0; k < PORTS; k++) {
    ports[k] = calloc(sizes[k], 1);
    if (k < INPUTS && fread(ports[k], 1, sizes[k], values) != sizes[k]) return 2;
  }
  workspace = (unsigned char *)calloc(BYTES + 8, 1);
  for (int k = 0; k < ${PROBE_ELEMENTS}; k++) {
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
