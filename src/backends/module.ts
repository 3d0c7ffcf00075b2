import type { Templated } from './print/template.ts'

/** A function of generated code that layers, or other such functions, call. */
export interface GeneratedFunction extends Templated {
  /** What calls it say. One name means one function, whoever asks. */
  readonly name: string
  /** The functions that its text calls. */
  readonly needs: readonly GeneratedFunction[]
  /** Where the function is an inner loop: how a benchmark calls it alone. */
  readonly probe?: Probe
}

/** One call of an inner loop on data in L1, which shows what the machine can do at best. */
export interface Probe {
  /** Text of the call; it works on the arrays probe_x, probe_weights and probe_sums of `PROBE_WORDS` words. */
  readonly call: string
  readonly kind: 'binary' | 'integer' | 'float'
  /** Multiply-accumulates of one call. */
  readonly macs: number
}

export const PROBE_WORDS = 1 << 15

/** A module under construction: it has the functions that it was asked for. */
export interface Module {
  /** Asks for a function, and for what it needs; its name. */
  readonly use: (fn: GeneratedFunction) => string
  /** In the order in which they were asked for, each behind those that it needs. */
  readonly functions: () => readonly GeneratedFunction[]
}

export function createModule(): Module {
  const asked = new Map<string, GeneratedFunction>()
  const use = (fn: GeneratedFunction): string => {
    if (!asked.has(fn.name)) {
      fn.needs.forEach(use)
      asked.set(fn.name, fn)
    }
    return fn.name
  }
  return { use, functions: () => [...asked.values()] }
}
