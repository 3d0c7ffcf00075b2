import { makeUnit } from '../../backends/c/index.ts'
import type { Strategy } from '../report.ts'
import type { Network } from './network.ts'

/** How the generated C computes the value of each stage; stages that are no call of their own have none. */
export function strategiesOf({ lowered, nodes }: Network): ReadonlyMap<number, Strategy> {
  const { calls } = makeUnit(lowered.plan, {})
  return new Map(
    calls.map(({ call, made: { layer, inner } }) => [
      nodes.indexOf(lowered.nodes.get(call.y.name)!),
      {
        kernel: layer.template.replace(/^.*\/|\.c$/g, ''),
        functions: inner.map(({ fn, variants }) => ({ name: fn.name.replace(/_with$/, ''), variants })),
      },
    ]),
  )
}
