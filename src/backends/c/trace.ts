import { callsOf, writesOf } from '../../plan/buffers.ts'
import type { Buffer, Call, Plan, Step } from '../../plan/plan.ts'
import { rowsInRing } from '../../plan/strips.ts'

/** Calls of the tracer after a step: values that no later step adds to. Rings are reported row by row instead. */
export function traceStep({ steps }: Plan, step: Step): string {
  const later = new Set(steps.slice(steps.indexOf(step) + 1).flatMap(writesOf))
  const rings = new Set(callsOf(step).flatMap(call => (rowsInRing(call) === undefined ? [] : [call.y])))
  const done = writesOf(step).filter(buffer => !later.has(buffer) && !rings.has(buffer))
  return done.map(traceWhole).join('')
}

/** Calls of the tracer for rows that were just made, where they are kept in a ring: each says where in the whole it belongs. */
export function traceRows(call: Call, first: string, end: string): string[] {
  const { name, length } = call.y
  const kept = rowsInRing(call)
  if (kept === undefined) return []
  const pitch = length / kept
  const row = `${pitch} * sizeof *${name}`
  return [
    `    for (int traced = ${first}; tracer && traced < ${end}; traced++)`,
    `      tracer(tracer_context, "${name}", (size_t)traced * ${row}, ${name} + traced % ${kept} * ${pitch}, ${row});`,
  ]
}

const traceWhole = ({ name, length }: Buffer): string =>
  `\n  if (tracer)\n    tracer(tracer_context, "${name}", 0, ${name}, ${length} * sizeof *${name});`
