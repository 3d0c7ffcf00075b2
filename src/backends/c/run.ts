import type { WindowParams } from '../../plan/kernels.ts'
import type { Buffer, Call, Plan, Step } from '../../plan/plan.ts'
import { rowsKept } from '../../plan/strips.ts'
import { clampInt } from './functions/plain.ts'
import type { MadeLayer } from './layers/index.ts'
import type { BufferParameter, Scope } from './layers/layer.ts'
import { linear } from './names.ts'
import { wrapped } from './signature.ts'
import { traceRows, traceStep } from './trace.ts'

/** A statement, or the beginning of a condition, that calls a layer. */
type CallText = (call: Call, rows: readonly string[], margin: string, start?: string, end?: string) => string

/** The body of the run function: a call after the other, with `trace` its reports, and which buffers it names. */
export function runSteps(plan: Plan, madeFor: (call: Call) => MadeLayer, scope: Scope, trace = false) {
  const used = new Set<Buffer>()
  const argument = ({ buffer }: BufferParameter): string => {
    if (buffer.place.kind === 'constant') return scope.constants.symbolOf(buffer)
    used.add(buffer)
    return buffer.name
  }
  const callText: CallText = (call, rows, margin, start = '', end = ';') => {
    const { layer, reads, takesIsa } = madeFor(call)
    const file = reads.size > 0 && scope.constants.place === 'file' ? ['constants'] : []
    const args = [...file, ...layer.parameters.map(argument), ...rows, ...(takesIsa ? ['isa'] : [])]
    return wrapped(`${start}${plan.name}_${call.name}(`, args, `)${end}`, margin)
  }
  const stepText = (step: Step): string => {
    if (step.kind === 'strip') return printStrip(step, callText, scope, trace)
    const { call } = step
    if (call.kernel === 'gather') {
      for (const { buffer } of plan.outputs) used.add(buffer)
      return [callText(call, [], '  ', 'if (', ') {'), zeroOutputs(plan), '    return 1;', '  }'].join('\n')
    }
    const rows = 'inRing' in call.params ? ['0', `${call.params.images * call.params.outHeight}`] : []
    return callText(call, rows, '  ')
  }
  return { steps: plan.steps.map(step => stepText(step) + (trace ? traceStep(plan, step) : '')), used }
}

/** Statements that a failing run ends with. */
export const zeroOutputs = ({ outputs }: Plan): string =>
  outputs.map(({ buffer: { name, length } }) => `    memset(${name}, 0, ${length} * sizeof *${name});`).join('\n')

/** Row by row: the rows of the producer that are still missing, then one row of the consumer. */
function printStrip(
  { producer, consumer, followers }: Extract<Step, { kind: 'strip' }>,
  callText: CallText,
  { use }: Scope,
  trace: boolean,
): string {
  const params = consumer.params as WindowParams
  const span = (params.kernelHeight - 1) * params.dilationY + 1
  const top = linear('row', params.strideY, -params.padTop)
  const bottom = linear('row', params.strideY, span - params.padTop)
  // Rows between two windows are never read.
  const first = params.strideY > span ? `${use(clampInt)}(${top}, done, ${params.inHeight})` : 'done'
  return [
    `  /* Row by row: ${rowsKept(params)} of the ${params.inHeight} rows of ${producer.y.name} are kept at a time. */`,
    `  for (int row = 0, done = 0; row < ${params.outHeight}; row++) {`,
    `    const int end = ${use(clampInt)}(${bottom}, done, ${params.inHeight});`,
    callText(producer, [first, 'end'], '    '),
    ...(trace ? traceRows(producer, first, 'end') : []),
    ...[consumer, ...followers].flatMap(call => [
      callText(call, ['row', 'row + 1'], '    '),
      ...(trace ? traceRows(call, 'row', 'row + 1') : []),
    ]),
    '    done = end;',
    '  }',
  ].join('\n')
}
