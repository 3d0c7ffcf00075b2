import { writesOf } from '../../plan/buffers.ts'
import type { WindowParams } from '../../plan/kernels.ts'
import type { Buffer, Call, Plan, Step } from '../../plan/plan.ts'

/** Calls of the tracer after a step: values that no later step adds to. Rings are reported row by row instead. */
export function traceStep({ steps }: Plan, step: Step): string {
  const later = new Set(steps.slice(steps.indexOf(step) + 1).flatMap(writesOf))
  const done = writesOf(step).filter(buffer => !later.has(buffer) && buffer !== ringOf(step))
  return done.map(traceWhole).join('')
}

/** Calls of the tracer for the rows of a ring that were just made: each says where in the whole image it belongs. */
export function traceRows(producer: Call, first: string): string[] {
  const { name, length } = producer.y
  const { outRing } = producer.params as WindowParams
  const pitch = length / outRing
  const row = `${pitch} * sizeof *${name}`
  return [
    `    for (int traced = ${first}; tracer && traced < end; traced++)`,
    `      tracer(tracer_context, "${name}", (size_t)traced * ${row}, ${name} + traced % ${outRing} * ${pitch}, ${row});`,
  ]
}

const ringOf = (step: Step): Buffer | undefined => (step.kind === 'strip' ? step.producer.y : undefined)

const traceWhole = ({ name, length }: Buffer): string =>
  `\n  if (tracer)\n    tracer(tracer_context, "${name}", 0, ${name}, ${length} * sizeof *${name});`
