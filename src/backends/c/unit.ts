import { callsOf } from '../../plan/buffers.ts'
import { type Buffer, type Call, isConvolutionCall, type Plan } from '../../plan/plan.ts'
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
  /** Instruction sets that the run function exists for, the best first; none where there is only portable code. */
  readonly sets: readonly InstructionSet[]
  /** Whether some layer calls functions that depend on the instruction set; for the others compilers do what they can. */
  readonly takesIsa: boolean
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
    sets,
  }
  const calls = plan.steps.flatMap(callsOf).map(call => ({ call, made: makeLayer(call, scope) }))
  const madeFor = new Map(calls.map(({ call, made }) => [call, made]))
  const { steps, used } = runSteps(plan, call => madeFor.get(call)!, scope, options.trace)
  const takesIsa = calls.some(({ made }) => made.takesIsa)
  // Only convolutions come in variants.
  const varies = sets.length > 1 && calls.some(({ call }) => isConvolutionCall(call))
  return { plan, scope, module, sets: varies ? sets : [], takesIsa, calls, steps, used }
}

/** The buffers in the workspace that the statements name. */
export const workspaceBuffers = ({ used }: Unit): Buffer[] =>
  [...used].filter(({ place }) => place.kind === 'workspace')
