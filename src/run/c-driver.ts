import type { ConstantPlace } from '../backends/backend.ts'
import { cType } from '../backends/c/index.ts'
import { loadConstantsSource } from './c-constants.ts'
import { bytesOfType } from './memory.ts'
import type { Interface } from './runner.ts'

/** Of the heads of records, in int64. */
export const HEAD_WORDS = 4
export const PIECE = 1
export const SAMPLE = 2

export interface DriverOptions {
  /** Whether the generated code reports every layer. */
  readonly trace: boolean
  readonly constants: ConstantPlace
}

/**
 * A C program around generated code: `program NAME INPUTS RESULTS` runs every sample of a file through one of the
 * networks. It writes records, each a head of four int64: a kind, two numbers, the bytes that follow. Kind 1 is a piece of
 * the trace: its offset, the length of its name; then name and values. Kind 2 ends a sample: the status, nanoseconds; then
 * the outputs.
 */
export function driverSource(networks: readonly Interface[], { trace, constants }: DriverOptions): string {
  const inFile = constants === 'file'
  return `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
${networks.map(({ name }) => `#include "${name}.h"\n`).join('')}
static FILE *results;

static void write_head(int64_t kind, int64_t first, int64_t second, int64_t bytes)
{
  const int64_t head[${HEAD_WORDS}] = {kind, first, second, bytes};
  fwrite(head, sizeof head, 1, results);
}

${trace ? REPORT : ''}${inFile ? networks.map(({ name }) => loadConstantsSource(name, 8)).join('\n') : ''}
${networks.map(network => runFunction(network, trace, inFile)).join('\n')}
struct network {
  const char *name;
  int (*run)(void **ports, const void *constants, void *workspace);
  void *(*load)(void);
  size_t workspace;
  int inputs, ports;
  const size_t *sizes;
};

${networks.map(sizes).join('')}static const struct network networks[] = {
${networks.map(network => row(network, inFile)).join('')}};

${MAIN}`
}

const portsOf = ({ inputs, outputs }: Interface) => [...inputs, ...outputs]

function runFunction(network: Interface, trace: boolean, inFile: boolean): string {
  const args = [
    ...portsOf(network).map(({ dtype }, k) => `(${cType[dtype === 'bit' ? 'u32' : dtype]} *)ports[${k}]`),
    ...(inFile ? ['constants'] : []),
    'workspace',
    ...(trace ? ['report', '0'] : []),
  ]
  return `static int run_${network.name}(void **ports, const void *constants, void *workspace)
{
  (void)ports;
  (void)constants;
  return ${network.name}_run${trace ? '_traced' : ''}(${args.join(', ')});
}
`
}

const sizes = (network: Interface): string =>
  `static const size_t sizes_${network.name}[] = {${portsOf(network).map(bytesOfType).join(', ')}};\n`

function row(network: Interface, inFile: boolean): string {
  const { name, inputs } = network
  const load = inFile ? `load_${name}_constants` : '0'
  const bytes = `${name.toUpperCase()}_WORKSPACE_BYTES`
  return `  {"${name}", run_${name}, ${load}, ${bytes}, ${inputs.length}, ${portsOf(network).length}, sizes_${name}},\n`
}

const REPORT = `static void report(void *context, const char *name, size_t offset, const void *values, size_t bytes)
{
  (void)context;
  const size_t length = strlen(name);
  write_head(${PIECE}, (int64_t)offset, (int64_t)length, (int64_t)(length + bytes));
  fwrite(name, 1, length, results);
  fwrite(values, 1, bytes, results);
}

`

const MAIN = `int main(int argc, char **argv)
{
  if (argc != 4) return 2;
  const struct network *network = networks;
  while (strcmp(network->name, argv[1])) network++;
  FILE *samples = fopen(argv[2], "rb");
  results = fopen(argv[3], "wb");
  if (!samples || !results) return 2;
  void *const constants = network->load ? network->load() : 0;
  /* Exact sizes and dirty memory of the least alignment, so that what goes beyond or relies on more shows. */
  void **ports = (void **)calloc((size_t)network->ports, sizeof *ports);
  for (int k = 0; k < network->ports; k++) ports[k] = malloc(network->sizes[k]);
  unsigned char *block = (unsigned char *)malloc(network->workspace + 8);
  memset(block, 0xa5, network->workspace + 8);
  for (long sample = 0; network->inputs > 0 || sample < 1; sample++) {
    int k = 0;
    while (k < network->inputs && fread(ports[k], 1, network->sizes[k], samples) == network->sizes[k]) k++;
    if (k < network->inputs) break;
    struct timespec start, end;
    timespec_get(&start, TIME_UTC);
    const int status = network->run(ports, constants, block + 8);
    timespec_get(&end, TIME_UTC);
    size_t bytes = 0;
    for (k = network->inputs; k < network->ports; k++) bytes += network->sizes[k];
    write_head(${SAMPLE}, status, (int64_t)(end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec, (int64_t)bytes);
    for (k = network->inputs; k < network->ports; k++) fwrite(ports[k], 1, network->sizes[k], results);
  }
  for (int k = 0; k < network->ports; k++) free(ports[k]);
  free(ports);
  free(block);
  if (network->load) free(((void **)constants)[-1]);
  fclose(samples);
  return fclose(results) ? 2 : 0;
}
`
