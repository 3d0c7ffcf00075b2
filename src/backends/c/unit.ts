import { callsOf } from '../../plan/buffers.ts'
import type { Buffer, Call, Plan } from '../../plan/plan.ts'
import { isas, type PrintOptions } from '../backend.ts'
import { createModule, type Module } from '../module.ts'
import { collectConstants } from './constants/index.ts'
import { choose } from './functions/choice.ts'
import { type InstructionSet, setsOf } from './isa/index.ts'
import { type MadeLayer, makeLayer } from './layers/index.ts'
import type { Scope } from './layers/layer.ts'
import { runSteps } from './run.ts'

/** What the C of a plan consists of, before it becomes one text. */
export interface Unit {
  readonly plan: Plan
  readonly scope: Scope
  readonly module: Module
  /** Instruction sets that the run function exists for, the best first; none where no layer depends on them. */
  readonly sets: readonly InstructionSet[]
  readonly calls: readonly { readonly call: Call; readonly made: MadeLayer }[]
  /** Statements of the run function. */
  readonly steps: readonly string[]
  /** Buffers that these name. */
  readonly used: ReadonlySet<Buffer>
}

export function makeUnit(plan: Plan, options: Pick<PrintOptions, 'isa' | 'constants' | 'trace'>): Unit {
  const module = createModule()
  const sets = setsOf(options.isa ?? isas)
  const scope: Scope = {
    plan,
    constants: collectConstants(plan, options.constants),
    use: module.use,
    choose: choice => choose(choice, sets),
  }
  const calls = plan.steps.flatMap(callsOf).map(call => ({ call, made: makeLayer(call, scope) }))
  const madeFor = new Map(calls.map(({ call, made }) => [call, made]))
  const { steps, used } = runSteps(plan, call => madeFor.get(call)!, scope, options.trace)
  const varies = calls.some(({ made }) => made.takesIsa)
  return { plan, scope, module, sets: varies ? sets : [], calls, steps, used }
}

/** The buffers in the workspace that the statements name. */
export const workspaceBuffers = ({ used }: Unit): Buffer[] =>
  [...used].filter(({ place }) => place.kind === 'workspace')
