import type { CopyParams } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { cFloat, cInt, hexWord } from '../../print/literals.ts'
import { orRun } from '../functions/plain.ts'
import { indexText } from '../names.ts'
import { loopsOver } from './elementwise.ts'
import { body, commentOf, type Layer, parametersOf, type Scope } from './layer.ts'

export function gatherLayer(call: Call<'gather'>, scope: Scope): Layer {
  const { params, buffers } = call
  const { count, rows, length } = params
  const title = `Gather: ${count} of ${rows} rows, ${length} ${buffers.table.element === 'u32' ? 'words' : 'values'} each.`
  const context = { comment: commentOf(call, title, scope), count, rows, length }
  return { ...body('c/kernels/gather.c', context), returns: 'int', parameters: parametersOf(call, buffers) }
}

export function fillLayer(call: Call<'fill'>, scope: Scope): Layer {
  const { y, params } = call
  const print = y.element === 'f32' ? cFloat : y.element === 'u32' ? hexWord : cInt
  const value = print(params.value)
  const context = { comment: commentOf(call, `Fill with ${value}.`, scope), length: y.length, value }
  return { ...body('c/kernels/fill.c', context), parameters: parametersOf(call, {}) }
}

export function copyLayer(call: Call<'copy'>, scope: Scope): Layer {
  const { params, buffers } = call
  const copied = copyContext(params, 2)
  const context = {
    ...copied,
    several: copied.count > 1,
    comment: commentOf(
      call,
      `Copy [${params.sizes.join('][')}] values${call.y.element === 'u32' ? ' (words of bits)' : ''}.`,
      scope,
    ),
  }
  return { ...body('c/kernels/copy.c', context), parameters: parametersOf(call, { x: buffers.x }) }
}

export function copyBitsLayer(call: Call<'copyBits'>, scope: Scope): Layer {
  const { params, buffers } = call
  const context = {
    ...copyContext(params, 1),
    orRun: scope.use(orRun),
    comment: commentOf(call, `Move [${params.sizes.join('][')}] single bits.`, scope),
  }
  return { ...body('c/kernels/copy-bits.c', context), parameters: parametersOf(call, { x: buffers.x }) }
}

/** Loops around a run of neighbours, if both sides have at least `shortest`, else around single elements. */
function copyContext({ sizes, from, fromStrides, to, toStrides }: CopyParams, shortest: number) {
  const even = fromStrides.at(-1) === 1 && toStrides.at(-1) === 1 && sizes.at(-1)! >= shortest
  const looped = even ? sizes.slice(0, -1) : sizes
  const { loops, indices, indent } = loopsOver(looped)
  return {
    loops,
    indent,
    xIndex: indexText(indices, fromStrides, from),
    yIndex: indexText(indices, toStrides, to),
    /** Elements of a run. */
    count: even ? sizes.at(-1)! : 1,
  }
}
