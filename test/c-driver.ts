import type { ConstantPlace } from '../src/backends/backend.ts'
import type { Plan } from '../src/plan/plan.ts'

/**
 * A C program that runs one of several models over a file of samples: `driver MODEL INPUTS OUTPUTS CONSTANTS`, the last
 * a file for those models that take one.
 */
export function driverSource(plans: readonly Plan[], constants: ConstantPlace): string {
  const inFile = constants === 'file'
  const headers = plans.map(({ name }) => `#include "${name}.h"`)
  const runs = plans.map(plan => {
    const ports = [...plan.inputs, ...plan.outputs]
    const types = { f32: 'float', i32: 'int32_t', u32: 'uint32_t', u8: 'uint8_t', i8: 'int8_t', i64: 'int64_t' }
    const args = ports.map(({ buffer }, k) => `(${types[buffer.element]} *)ports[${k}]`)
    const all = [...args, ...(inFile ? ['constants'] : []), 'workspace'].join(', ')
    return `static int run_${plan.name}(void **ports, const void *constants, void *workspace) { (void)constants; return ${plan.name}_run(${all}); }`
  })
  const sizes = { f32: 4, i32: 4, u32: 4, u8: 1, i8: 1, i64: 8 }
  const rows = plans.map(plan => {
    const bytes = [...plan.inputs, ...plan.outputs].map(({ buffer }) => buffer.length * sizes[buffer.element])
    const workspace = `${plan.name.toUpperCase()}_WORKSPACE_BYTES`
    const size = inFile ? `${plan.name.toUpperCase()}_CONSTANTS_BYTES` : '0'
    return `  {"${plan.name}", run_${plan.name}, ${size}, ${workspace}, ${plan.inputs.length}, ${bytes.length}, {${bytes.join(', ')}}},`
  })
  return `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
${headers.join('\n')}

${runs.join('\n')}

struct model { const char *name; int (*run)(void **, const void *, void *); size_t constants, workspace; int inputs, ports; size_t bytes[64]; };
static const struct model models[] = {
${rows.join('\n')}
};

int main(int argc, char **argv)
{
  const struct model *model = models;
  if (argc < 4) return 2;
  while (strcmp(model->name, argv[1])) model++;
  FILE *in = fopen(argv[2], "rb"), *out = fopen(argv[3], "wb");
  if (!in || !out) return 2;
  /* Exact sizes, so that sanitizers see what goes beyond; 8 bytes past a larger boundary; never zero to begin with. */
  char *block = (char *)malloc(model->workspace + 8);
  void *ports[64];
  char *constants = (char *)malloc(model->constants + 8);
  if (model->constants) {
    FILE *file = argc == 5 ? fopen(argv[4], "rb") : 0;
    if (!file || fread(constants + 8, 1, model->constants, file) != model->constants || fgetc(file) != EOF) return 2;
    fclose(file);
  }
  for (int k = 0; k < model->ports; k++) ports[k] = malloc(model->bytes[k]);
  memset(block, 0xa5, model->workspace + 8);
  double spent = 0;
  long samples = 0;
  for (;; samples++) {
    int k;
    for (k = 0; k < model->inputs; k++)
      if (fread(ports[k], 1, model->bytes[k], in) != model->bytes[k]) break;
    if (k < model->inputs) break;
    if (model->inputs == 0 && samples == 1) break;
    struct timespec start, end;
    timespec_get(&start, TIME_UTC);
    int32_t status = model->run(ports, constants + 8, block + 8);
    timespec_get(&end, TIME_UTC);
    spent += (double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3;
    fwrite(&status, 4, 1, out);
    for (k = model->inputs; k < model->ports; k++) fwrite(ports[k], 1, model->bytes[k], out);
  }
  for (int k = 0; k < model->ports; k++) free(ports[k]);
  free(block);
  free(constants);
  fclose(in);
  printf("%.3f\\n", samples ? spent / (double)samples : 0.0);
  return fclose(out);
}
`
}
