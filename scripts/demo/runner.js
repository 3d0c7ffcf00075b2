import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

/** A main() around generated code: reads one input, runs it for a while, writes the output and the time per run. */
const driver = (name, input, output) => `#include <stdio.h>
#include <time.h>
#include "${name}.h"

static float input[${input}], output[${output}];
static double workspace[${name.toUpperCase()}_WORKSPACE_BYTES / sizeof(double) + 1];

int main(void)
{
  long runs = 0;
  if (fread(input, sizeof *input, ${input}, stdin) != ${input})
    return 1;
  ${name}_run(input, output, workspace);
  const clock_t start = clock();
  while (clock() - start < CLOCKS_PER_SEC / 2) {
    ${name}_run(input, output, workspace);
    runs++;
  }
  const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
  for (int k = 0; k < ${output}; k++)
    printf("%.9g ", output[k]);
  printf("%.9g\\n", 1e6 * seconds / (double)runs);
  return 0;
}
`

/** The C compiler of this machine, or undefined. */
export async function findCompiler() {
  for (const compiler of [process.env.CC, 'cc', 'gcc', 'clang'])
    if (compiler && !(await execa(compiler, ['--version'], { reject: false })).failed) return compiler
  return undefined
}

/** Builds generated code as a user would and runs it on one input. */
export async function buildAndRun(compiler, { files, summary }, input) {
  const folder = await mkdtemp(join(tmpdir(), 'xnorc-demo-'))
  try {
    for (const { path, content } of files) await writeFile(join(folder, path), content)
    const outputs = summary.outputs[0].shape.reduce((product, size) => product * size, 1)
    await writeFile(join(folder, 'main.c'), driver(summary.name, input.length, outputs))
    await execa(compiler, ['-O3', 'main.c', `${summary.name}.c`, '-lm', '-o', 'demo'], { cwd: folder })
    const program = await readFile(join(folder, 'demo'))
    const { stdout } = await execa(join(folder, 'demo'), { input: Buffer.from(input.buffer) })
    const numbers = stdout.trim().split(' ').map(Number)
    return { logits: numbers.slice(0, -1), microseconds: numbers.at(-1), programBytes: program.length }
  } finally {
    await rm(folder, { recursive: true })
  }
}
