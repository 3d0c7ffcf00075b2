import type { Operand } from '../../../plan/kernels.ts'
import type { Buffer, Call } from '../../../plan/plan.ts'
import type { Module } from '../../module.ts'
import type { ContextOf, Exactly, Templated, TemplateName } from '../../print/template.ts'
import type { Contexts } from '../../print/template-contexts.generated.ts'
import { createModuleNamer, type Namer, storedType } from '../names.ts'

export type Data = Float32Array | Int32Array | Uint32Array

/** A buffer that a kernel sees: one of the plan, or constants arranged for this kernel. */
export interface Binding {
  /** Name in the module. */
  readonly name: string
  /** WGSL type of an element. */
  readonly type: string
  readonly access: 'read' | 'read_write'
  readonly source: Buffer | Arranged | 'faults'
}

/** Constant data in the order that a kernel wants. Equal keys mean equal data. */
export interface Arranged {
  readonly key: string
  readonly data: Data
}

/** How many workgroups run: ceil(samples × items / group) in x (the rest in z), `rows` in y. */
export interface Grid {
  readonly items: number
  readonly group: number
  readonly rows: number
}

/** One entry point: its template, what it says there, its buffers in binding order. */
export interface Layer extends Templated {
  readonly bindings: readonly Binding[]
  readonly grid: Grid
}

/** A call with its entry point, bindings in the order of their numbers: first what it reads. */
export interface Entry {
  readonly call: Call
  readonly name: string
  readonly layer: Layer
}

/** The template of a kernel, and what it says there besides its bindings. */
export const unbound = <N extends TemplateName, C extends ContextOf<N, 'bindings'>>(
  template: N,
  context: Exactly<C, Exclude<keyof Contexts[N], 'bindings'>>,
): Templated => ({ template, context })

/** What printing a kernel needs besides the call. */
export interface Scope extends Pick<Module, 'use'> {
  /** Name of this call's entry point. */
  readonly entry: string
  /** Module-wide names that start like the entry point. */
  readonly name: (role: string) => string
  /** Position of this call's flag among all gathers. */
  readonly fault: number
  /** Where an operand starts in its buffer, which others may share. */
  readonly offsetOf: (operand: Operand) => number
}

export interface Names {
  readonly scopeOf: (call: Call) => Scope
}

/** Everything in a module is the plan's name of the call and a role, so that none is a word of WGSL: `conv1_main`. */
export function createNames(calls: readonly Call[], offsets: ReadonlyMap<Operand, number>, { use }: Module): Names {
  const take: Namer = createModuleNamer()
  const entries = new Map(calls.map(call => [call, take(`${call.name}_main`)]))
  const offsetOf = (operand: Operand): number => offsets.get(operand) ?? 0
  const gathers = calls.filter(({ kernel }) => kernel === 'gather')
  return {
    scopeOf: call => {
      const entry = entries.get(call)!
      return { entry, use, name: role => take(`${call.name}_${role}`), fault: gathers.indexOf(call), offsetOf }
    },
  }
}

/** Bindings of a kernel in the order in which they were asked for. */
export interface Binder {
  readonly read: (role: string, buffer: Buffer, type?: string) => string
  readonly readArranged: (role: string, arranged: Arranged, type: string) => string
  readonly write: (buffer: Buffer, type?: string) => string
  /** One word for each gather: 1 + the result that an index outside the table was for, or 0. */
  readonly faults: () => string
  readonly all: () => readonly Binding[]
}

export function createBinder(scope: Scope): Binder {
  const bindings: Binding[] = []
  const add = (binding: Binding): string => {
    const same = bindings.find(
      ({ source, type, access }) => source === binding.source && type === binding.type && access === binding.access,
    )
    if (same) return same.name
    bindings.push({ ...binding, name: scope.name(binding.name) })
    return bindings.at(-1)!.name
  }
  return {
    read: (role, buffer, type = storedType[buffer.element]) =>
      add({ name: role, type, access: 'read', source: buffer }),
    readArranged: (role, arranged, type) => add({ name: role, type, access: 'read', source: arranged }),
    write: (buffer, type = storedType[buffer.element]) =>
      add({ name: 'y', type, access: 'read_write', source: buffer }),
    faults: () => add({ name: 'faults', type: 'atomic<u32>', access: 'read_write', source: 'faults' }),
    all: () => bindings,
  }
}

/** Elements between two samples of a batch; constants are the same for all. */
export const sampleStride = ({ place, length }: Buffer): number => (place.kind === 'constant' ? 0 : length)
