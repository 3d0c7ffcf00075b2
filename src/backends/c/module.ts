import { CompileError, diagnostics } from '../../ir/diagnostic.ts'
import { ALIGNMENT } from '../arena.ts'
import { isas, type PrintOptions, type SourceFile } from '../backend.ts'
import { callsOf } from '../buffers.ts'
import { cLiteral, wrapLiterals } from '../literals.ts'
import { type Buffer, type Call, isConvolutionCall, type Plan } from '../plan.ts'
import { render } from '../template.ts'
import { type Constant, collectConstants, constantBytes, typeOfData } from './constants.ts'
import { makeConstantsFile, paddedBytes } from './constants-file.ts'
import { functionsFor } from './functions.ts'
import { headerContext, runParameters } from './header.ts'
import { instructionSets } from './instruction-sets.ts'
import { declare, type Scope } from './layer.ts'
import { type MadeLayer, makeLayer } from './layers.ts'
import { comment, cType } from './names.ts'
import { runSteps, zeroOutputs } from './run.ts'

/** Source of more constants is longer than a string may be, and more than compilers like. */
const MOST_INLINE_BYTES = 100e6

/** NAME.c and NAME.h, and NAME.bin where the constants are not in NAME.c. */
export function printModule(plan: Plan, options: PrintOptions): SourceFile[] {
  const scope: Scope = { plan, constants: collectConstants(plan, options.constants) }
  const calls = plan.steps.flatMap(callsOf)
  // Only convolutions come in variants.
  const varies = calls.some(isConvolutionCall)
  const chosen = varies ? (options.isa ?? isas) : []
  const sets = instructionSets.filter(({ isa }) => chosen.includes(isa))
  const made = new Map(calls.map(call => [call, makeLayer(call, scope)]))
  const functions = calls.map(call => printLayer(call, made.get(call)!, scope))
  const { steps, used } = runSteps(plan, call => made.get(call)!, scope, options.trace)
  const workspace = [...used].filter(({ place }) => place.kind === 'workspace')
  const ports = [...plan.inputs, ...plan.outputs]
  const names = ports.map(({ buffer }) => buffer.name)
  const constants = scope.constants.all()
  const file = scope.constants.place === 'file' ? makeConstantsFile(constants) : undefined
  const bytes = constants.reduce((sum, constant) => sum + constantBytes(constant), 0)
  if (!file && bytes > MOST_INLINE_BYTES)
    throw new CompileError(diagnostics.constantsTooLarge(bytes, MOST_INLINE_BYTES))
  const header = headerContext(plan, options, {
    workspaceBytes: workspaceBytes(plan),
    constantsBytes: file?.bytes.length ?? 0,
  })
  const code = render('c/module.c', {
    ...header,
    isaText: render('c/functions/isa.c', { sets }),
    functions: functionsFor([...functions, ...steps], chosen),
    variants: sets,
    traced: options.trace ? '_traced' : '',
    traceParameters: options.trace ? `, ${plan.name}_tracer tracer, void *tracer_context` : '',
    traceArguments: options.trace ? ', tracer, tracer_context' : '',
    constants: file ? [] : constants.map(arrayContext),
    members: file ? constants.map(memberContext) : [],
    identity: file?.identity ?? '',
    zeroed: zeroOutputs(plan),
    layers: functions,
    // Behind the public function the constants have a type.
    innerParameters: runParameters(plan, file && `struct ${plan.name}_constants`),
    innerArguments: [...names, ...(file ? ['constants'] : [])].join(', '),
    arguments: [...names, ...(file ? [`(const struct ${plan.name}_constants *)constants`] : [])].join(', '),
    buffers: workspace.map(buffer => ({ type: cType[buffer.element], name: buffer.name, offset: offsetOf(buffer) })),
    unused: [
      ...ports.filter(({ buffer }) => !used.has(buffer)).map(({ buffer }) => buffer.name),
      ...(file && constants.length === 0 ? ['constants'] : []),
    ],
    steps,
  })
  return [
    { path: `${plan.name}.c`, content: code },
    { path: `${plan.name}.h`, content: render('c/module.h', header) },
    ...(file ? [{ path: `${plan.name}.bin`, content: file.bytes }] : []),
  ]
}

function printLayer(call: Call, { layer, reads }: MadeLayer, { plan, constants }: Scope): string {
  const file = reads.size > 0 && constants.place === 'file' ? [`const struct ${plan.name}_constants *constants`] : []
  return render(layer.template, {
    ...layer.context,
    function: `${plan.name}_${call.name}`,
    parameters: [...file, ...layer.parameters.map(declare)].join(', '),
  })
}

const titleOf = ({ buffer, layout }: Constant): string => `${buffer.name}${layout ? ` as ${layout}` : ''}`

const arrayContext = (constant: Constant) => ({
  comment: comment([titleOf(constant)]),
  type: typeOfData(constant.data),
  symbol: constant.symbol,
  length: constant.data.length,
  literals: wrapLiterals(constant.data, cLiteral(constant.data), '  '),
})

function memberContext(constant: Constant) {
  const { name, data } = constant
  const length = paddedBytes(constant) / data.BYTES_PER_ELEMENT
  const padded = length > data.length ? `, ${data.length} values and zeros` : ''
  return {
    comment: comment([`${titleOf(constant)}${padded}`]).replaceAll('\n', '\n  '),
    type: typeOfData(constant.data),
    name,
    length,
  }
}

const offsetOf = ({ place }: Buffer): number => (place.kind === 'workspace' ? place.offset : 0)

/** The caller's memory is aligned to 8 bytes only, so up to 56 bytes are skipped. */
export const workspaceBytes = (plan: Plan): number =>
  plan.workspaceBytes === 0 ? 8 : plan.workspaceBytes + ALIGNMENT - 8
