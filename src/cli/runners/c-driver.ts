import type { ConstantPlace } from '../../backends/backend.ts'
import { bytesOf } from '../../plan/arena.ts'
import type { Element, Plan } from '../../plan/plan.ts'
import { loadConstantsSource } from '../../verify/c-constants.ts'

const types: Readonly<Record<Element, string>> = {
  f32: 'float',
  i32: 'int32_t',
  u32: 'uint32_t',
  u8: 'uint8_t',
  i8: 'int8_t',
  i64: 'int64_t',
}

/**
 * A C program around generated code: `program INPUTS RESULTS` runs every sample of a file. It writes records, each a head
 * of four int64: a kind, two numbers, the bytes that follow. Kind 1 is a piece of the trace: its offset, the length of its
 * name; then name and values. Kind 2 ends a sample: the status; then the outputs.
 */
export function driverSource({ name, inputs, outputs }: Plan, trace: boolean, constants: ConstantPlace): string {
  const ports = [...inputs, ...outputs]
  const args = [
    ...ports.map(({ buffer }, k) => `(${types[buffer.element]} *)ports[${k}]`),
    ...(constants === 'file' ? ['constants'] : []),
  ]
  const workspace = `${name.toUpperCase()}_WORKSPACE_BYTES`
  const call = trace
    ? `${name}_run_traced(${[...args, 'block + 8', 'report', '0'].join(', ')})`
    : `${name}_run(${[...args, 'block + 8'].join(', ')})`
  return `#include "${name}.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t sizes[] = {${ports.map(({ buffer }) => bytesOf(buffer)).join(', ')}};
enum { INPUTS = ${inputs.length}, PORTS = ${ports.length} };
static FILE *results;

static void write_head(int64_t kind, int64_t first, int64_t second, int64_t bytes)
{
  const int64_t head[4] = {kind, first, second, bytes};
  fwrite(head, sizeof head, 1, results);
}

${trace ? report : ''}
${constants === 'file' ? loadConstantsSource(name, 8) : ''}
int main(int argc, char **argv)
{
  FILE *samples = argc == 3 ? fopen(argv[1], "rb") : 0;
  results = argc == 3 ? fopen(argv[2], "wb") : 0;
  if (!samples || !results) return 2;
  void *ports[PORTS];
${constants === 'file' ? '  const void *const constants = load_constants();\n' : ''}  /* Exact sizes and dirty memory, so that what goes beyond or relies on zeros shows. */
  for (int k = 0; k < PORTS; k++) ports[k] = malloc(sizes[k]);
  unsigned char *block = (unsigned char *)malloc(${workspace} + 8);
  memset(block, 0xa5, ${workspace} + 8);
  for (;;) {
    int k = 0;
    while (k < INPUTS && fread(ports[k], 1, sizes[k], samples) == sizes[k]) k++;
    if (k < INPUTS) break;
    const int status = ${call};
    size_t bytes = 0;
    for (k = INPUTS; k < PORTS; k++) bytes += sizes[k];
    write_head(2, status, 0, (int64_t)bytes);
    for (k = INPUTS; k < PORTS; k++) fwrite(ports[k], 1, sizes[k], results);
  }
  return fclose(results) ? 2 : 0;
}
`
}

const report = `static void report(void *context, const char *name, size_t offset, const void *values, size_t bytes)
{
  (void)context;
  const size_t length = strlen(name);
  write_head(1, (int64_t)offset, (int64_t)length, (int64_t)(length + bytes));
  fwrite(name, 1, length, results);
  fwrite(values, 1, bytes, results);
}
`
