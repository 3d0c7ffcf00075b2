import type { PrintOptions } from '../backend.ts'
import type { Plan, Port } from '../plan.ts'
import { cType, safeInComment } from './names.ts'

/** `float [1][3][32][32]` and how it lies, for comments. */
export function describePort({ name, dtype, shape, buffer }: Port): string {
  const packed = dtype === 'bit' ? ', packed bits' : ''
  const renamed = name === buffer.name ? '' : `, '${safeInComment(name)}' in ONNX`
  return `${cType[buffer.element]} [${shape.join('][')}]${packed}${renamed}`.replace('[]', '[1]')
}

export function headerContext(
  plan: Plan,
  { version, commandLine, trace = false }: PrintOptions,
  workspaceBytes: number,
) {
  const upper = plan.name.toUpperCase()
  const gathers = plan.steps.some(step => step.kind === 'call' && step.call.kernel === 'gather')
  const width = Math.max(...[...plan.inputs, ...plan.outputs].map(({ buffer }) => buffer.name.length))
  return {
    name: plan.name,
    upper,
    guard: `${upper}_H`,
    version,
    options: commandLine ? ` (${safeInComment(commandLine)})` : '',
    workspaceBytes,
    ports: [...plan.inputs, ...plan.outputs].map(port => ({
      macro: `${upper}_${port.buffer.name.toUpperCase()}_ELEMENTS`,
      length: port.buffer.length,
      label: `${port.buffer.name}:`.padEnd(width + 1),
      description: describePort(port),
    })),
    returns: gathers ? '0: done. 1: an index was out of range; outputs are zeroed.' : '0: done.',
    parameters: runParameters(plan),
    trace,
  }
}

/** Parameters of the run function before the workspace. */
export const runParameters = ({ inputs, outputs }: Plan): string =>
  [
    ...inputs.map(({ buffer }) => `const ${cType[buffer.element]} *${buffer.name}`),
    ...outputs.map(({ buffer }) => `${cType[buffer.element]} *${buffer.name}`),
  ].join(', ')
