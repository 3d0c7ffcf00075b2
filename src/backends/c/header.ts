import type { Plan, Port } from '../../plan/plan.ts'
import type { PrintOptions } from '../backend.ts'
import { inComment, optionLines } from '../print/foreign-text.ts'
import { cType } from './names.ts'
import { headText, type Parameter } from './signature.ts'

/** `float [1][3][32][32]` and how it lies, for comments. */
export function describePort({ name, dtype, shape, buffer }: Port): string {
  const packed = dtype === 'bit' ? ', packed bits' : ''
  const renamed = name === buffer.name ? '' : `, '${inComment(name)}' in ONNX`
  return `${cType[buffer.element]} [${shape.join('][')}]${packed}${renamed}`.replace('[]', '[1]')
}

export interface HeaderSizes {
  readonly workspaceBytes: number
  /** Of NAME.bin; 0 where there is none. */
  readonly constantsBytes: number
}

export function headerContext(
  plan: Plan,
  { version, commandLine, trace = false, constants = 'inline' }: PrintOptions,
  { workspaceBytes, constantsBytes }: HeaderSizes,
) {
  const upper = plan.name.toUpperCase()
  const gathers = plan.steps.some(step => step.kind === 'call' && step.call.kernel === 'gather')
  const inFile = constants === 'file'
  const names = [
    ...[...plan.inputs, ...plan.outputs].map(({ buffer }) => buffer.name),
    ...(inFile ? ['constants'] : []),
  ]
  const parameters = runParameters(plan, inFile ? 'void' : undefined)
  const width = Math.max(...names.map(({ length }) => length))
  const head = {
    name: plan.name,
    version,
    options: optionLines(commandLine),
    inFile,
    trace,
    head: headText('int', `${plan.name}_run`, parameters),
  }
  const interfaceOnly = {
    upper,
    guard: `${upper}_H`,
    workspaceBytes,
    constantsBytes,
    constantsLabel: 'constants:'.padEnd(width + 1),
    ports: [...plan.inputs, ...plan.outputs].map(port => ({
      // What makes a parameter's name legal is no part of a macro's.
      macro: `${upper}_${port.buffer.name.toUpperCase().replace(/_$/, '')}_ELEMENTS`,
      length: port.buffer.length,
      label: `${port.buffer.name}:`.padEnd(width + 1),
      description: describePort(port),
    })),
    returns: [
      '0: done.',
      ...(gathers ? ['1: an index was out of range; outputs are zeroed.'] : []),
      ...(inFile ? ['2: these are not the constants of this code; outputs are zeroed.'] : []),
    ].join(' '),
    tracedHead: headText('int', `${plan.name}_run_traced`, [
      ...parameters,
      [`${plan.name}_tracer `, 'tracer'],
      ['void *', 'tracer_context'],
    ]),
  }
  return { head, header: { ...head, ...interfaceOnly } }
}

/** Parameters of the run function: ports, the constants where they have a type, the workspace. */
export const runParameters = ({ inputs, outputs }: Plan, constantsType?: string): Parameter[] => [
  ...inputs.map(({ buffer }): Parameter => [`const ${cType[buffer.element]} *`, buffer.name]),
  ...outputs.map(({ buffer }): Parameter => [`${cType[buffer.element]} *`, buffer.name]),
  ...(constantsType ? ([[`const ${constantsType} *`, 'constants']] as const) : []),
  ['void *', 'workspace'],
]
