import type { Buffer, Plan } from '../../../plan/plan.ts'
import type { ConstantPlace } from '../../backend.ts'

export type Data = Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Uint8Array

export interface Constant {
  /** Unique in the plan. */
  readonly name: string
  /** How the code reads it. */
  readonly symbol: string
  readonly buffer: Buffer
  readonly data: Data
  /** How the values lie, for the comment above them. */
  readonly layout: string
}

/** Arranges the neutral values of a constant; `layout` tells one arrangement from another. */
export interface Layout {
  readonly layout: string
  readonly arrange: (data: Data) => Data
}

export const asIs: Layout = { layout: '', arrange: data => data }

/** The constants that kernels ask for, each emitted once for every layout it is wanted in. */
export interface Constants {
  /** Where they are: arrays of the module, or members of the struct that a pointer `constants` leads to. */
  readonly place: ConstantPlace
  readonly symbolOf: (buffer: Buffer, layout?: Layout) => string
  readonly all: () => readonly Constant[]
}

export function collectConstants(plan: Plan, place: ConstantPlace = 'inline'): Constants {
  const found = new Map<string, Constant>()
  const names = new Map<string, number>()
  return {
    place,
    symbolOf: (buffer, { layout, arrange } = asIs) => {
      const key = `${buffer.name} ${layout}`
      const known = found.get(key)
      if (known) return known.symbol
      if (buffer.place.kind !== 'constant') throw new Error(`'${buffer.name}' is no constant`)
      const count = (names.get(buffer.name) ?? 0) + 1
      names.set(buffer.name, count)
      const name = `${buffer.name}${count === 1 ? '' : `__${count}`}`
      const symbol = place === 'file' ? `constants->${name}` : `${plan.name}_${name}`
      found.set(key, { name, symbol, buffer, data: arrange(buffer.place.data), layout })
      return symbol
    },
    all: () => [...found.values()],
  }
}

export const constantBytes = ({ data }: Constant): number => data.byteLength

/** Type of the elements in C. */
export function typeOfData(data: Data): string {
  if (data instanceof Float32Array) return 'float'
  const sign = data instanceof Int32Array || data instanceof Int16Array ? '' : 'u'
  return `${sign}int${8 * data.BYTES_PER_ELEMENT}_t`
}
