import type { Culprit } from './bisect.ts'
import { build, generate, type Recipe } from './generate.ts'
import type { Laboratory } from './laboratory.ts'
import type { Network } from './network.ts'
import { reduceNetwork } from './reduce-network.ts'
import { reduceRecipe } from './reduce-recipe.ts'
import { type Fault, isFault, keyOf } from './verdict.ts'
import type { Lanes } from './worker.ts'

/** A fault with the smallest network that shows it. */
export interface Finding {
  readonly seed: number
  readonly fault: Fault
  readonly network: Network
  readonly culprit: Culprit | undefined
  /** Nodes of the network as it was generated. */
  readonly nodes: number
}

/** Milliseconds that a network of a few nodes may take while one is reduced, and that reducing one may take. */
const LIMITS = { network: 1500, build: 60_000, all: 120_000 }

/** Reduces the network of a seed to what the fault needs, and finds the rewrite that did it. */
export async function investigate(laboratory: Laboratory, seed: number, fault: Fault, lanes: Lanes): Promise<Finding> {
  const { recipe, network } = generate(seed)
  const end = performance.now() + (fault.kind === 'hang' ? LIMITS.all / 3 : LIMITS.all)
  const key = keyOf(fault)
  const limit = lanes.c === undefined ? LIMITS.network : LIMITS.build
  // onnxruntime always looks on: what it does not agree with any more is another fault.
  const needed = {
    reference: true,
    wasm: fault.stage === 'wasm' || fault.stage === 'lower',
    ...targetsOf(fault, lanes),
  }
  let last = fault
  const fails = async (candidate: Network): Promise<boolean> => {
    if (performance.now() > end) return false
    // No need to wait for what never ends: whether it settles is seen at once.
    if (fault.kind === 'hang' && fault.stage !== 'passes')
      return (await laboratory.endless(candidate, limit)) === fault.stage
    const verdict = await laboratory.tryNetwork(candidate, needed, limit)
    if (!isFault(verdict) || keyOf(verdict) !== key) return false
    last = verdict
    return true
  }
  const smaller: Recipe = await reduceRecipe(recipe, candidate => fails(build(candidate)))
  const smallest = await reduceNetwork(build(smaller), fails)
  const culprit = await laboratory.bisect(smallest, 10_000)
  return { seed, fault: last, network: smallest, culprit, nodes: network.nodes.length }
}

/** A fault as it is counted: what never ends is named by the pass that never ends rewriting. */
export async function classify(laboratory: Laboratory, seed: number, fault: Fault): Promise<Fault> {
  if (fault.kind !== 'hang') return fault
  const pass = await laboratory.endless(generate(seed).network, LIMITS.build / 10)
  return pass ? { ...fault, stage: pass, message: 'still rewriting after 250 rewrites' } : fault
}

/** The target that showed it; where a process died or hung, any that it ran may have been the one. */
const targetsOf = ({ stage }: Fault, { c, wgsl }: Lanes): Partial<Lanes> => ({
  ...((stage.startsWith('c (') || stage === 'passes') && c !== undefined ? { c } : {}),
  ...((stage.startsWith('wgsl') || stage === 'passes') && wgsl ? { wgsl } : {}),
})
