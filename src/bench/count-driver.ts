import type { Unit } from '../backends/c/index.ts'
import { cType } from '../backends/c/index.ts'
import { bytesOf } from '../plan/arena.ts'
import { MARK } from '../run/counter.ts'

/** The same code that says before its first step and after each one that it is there, to an emulator that counts. */
export const withMarks = (unit: Unit): Unit => ({
  ...unit,
  steps: [`  ${MARK}();`, ...unit.steps.flatMap(step => [step, `  ${MARK}();`])],
})

/** Declares the function, for the code with marks. */
export const markHeader = `void ${MARK}(void);\n`

/**
 * A C program that needs no system and runs generated code once. There are marks before it, twice, which is what a mark
 * takes, and behind it. Inputs and constants are in its own.
 */
export function countDriver({ plan }: Unit, inputs: readonly Uint8Array[], constants?: Uint8Array): string {
  const { name } = plan
  const ports = [...plan.inputs, ...plan.outputs].map(({ buffer }) => buffer)
  const memory = ports.map((buffer, k) => {
    const words = Math.ceil(bytesOf(buffer) / 8)
    return inputs[k] ? bytesSource(`port_${k}`, inputs[k]) : `static uint64_t port_${k}[${words}];\n`
  })
  const args = [
    ...ports.map(({ element }, k) => `(${k < inputs.length ? 'const ' : ''}${cType[element]} *)port_${k}`),
    ...(constants ? ['constants'] : []),
    'workspace',
  ]
  return `#include "${name}.h"
${markHeader}
${memory.join('')}${constants ? bytesSource('constants', constants) : ''}
static uint64_t workspace[(${name.toUpperCase()}_WORKSPACE_BYTES + 7) / 8];

__attribute__((noinline)) void ${MARK}(void)
{
  __asm__ volatile("");
}

int main(void)
{
  ${MARK}();
  ${MARK}();
  const int status = ${name}_run(${args.join(', ')});
  ${MARK}();
  return status;
}
`
}

const bytesSource = (name: string, bytes: Uint8Array): string =>
  `static const unsigned char ${name}[] __attribute__((aligned(64))) = {${bytes.join()}};\n`
