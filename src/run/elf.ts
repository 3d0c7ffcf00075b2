import { ToolError } from './tool-error.ts'

export interface ElfSection {
  readonly name: string
  readonly bytes: number
  /** Whether it is in memory when the program runs, may be written there, holds instructions, fills a file. */
  readonly allocated: boolean
  readonly writable: boolean
  readonly executable: boolean
  readonly filled: boolean
}

export interface ElfSymbol {
  readonly name: string
  readonly bytes: number
  readonly kind: 'function' | 'object' | 'other'
  /** Whether another file must have it. */
  readonly missing: boolean
  /** The number of the section that it is in. */
  readonly section: number
}

/** A place that the linker fills in. */
export interface ElfRelocation {
  /** The number of the section that it is in, and of the symbol that it is about. */
  readonly section: number
  readonly symbol: number
}

export interface ElfObject {
  readonly sections: readonly ElfSection[]
  readonly symbols: readonly ElfSymbol[]
  readonly relocations: readonly ElfRelocation[]
}

const NOBITS = 8
const SYMTAB = 2
/** Kinds of sections with relocations, and whether each has an addend. */
const RELOCATIONS: Readonly<Record<number, 'added' | 'plain'>> = { 4: 'added', 9: 'plain' }
const KINDS: Readonly<Record<number, ElfSymbol['kind']>> = { 1: 'object', 2: 'function' }

/** Sections, symbols and relocations of an object file as gcc and clang write it for nearly every machine: ELF, of 32 or 64 bits. */
export function readElf(bytes: Uint8Array): ElfObject {
  const isElf = [0x7f, 0x45, 0x4c, 0x46].every((byte, k) => bytes[k] === byte)
  if (!isElf) throw new ToolError('the compiler made no ELF object, the only kind whose sizes can be read')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wide = bytes[4] === 2
  const little = bytes[5] === 1
  const half = (at: number) => view.getUint16(at, little)
  const word = (at: number) => view.getUint32(at, little)
  const long = (at: number) => (wide ? Number(view.getBigUint64(at, little)) : word(at))
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, bytes.indexOf(0, at)))
  const table = long(wide ? 40 : 32)
  const [entryBytes, count, names] = [half(wide ? 58 : 46), half(wide ? 60 : 48), half(wide ? 62 : 50)]
  const heads = Array.from({ length: count }, (_, k) => {
    const at = table + k * entryBytes
    const [flags, offset, size] = wide
      ? [long(at + 8), long(at + 24), long(at + 32)]
      : [word(at + 8), word(at + 16), word(at + 20)]
    const [link, info] = [word(at + (wide ? 40 : 24)), word(at + (wide ? 44 : 28))]
    return { name: word(at), type: word(at + 4), flags, offset, size, link, info }
  })
  const sections = heads.map(({ name, type, flags, size }) => ({
    name: text(heads[names]!.offset + name),
    bytes: size,
    allocated: (flags & 2) !== 0,
    writable: (flags & 1) !== 0,
    executable: (flags & 4) !== 0,
    filled: type !== NOBITS,
  }))
  const symbols = heads
    .filter(({ type }) => type === SYMTAB)
    .flatMap(({ offset, size, link }) => {
      const step = wide ? 24 : 16
      return Array.from({ length: size / step }, (_, k) => {
        const at = offset + k * step
        return {
          name: text(heads[link]!.offset + word(at)),
          bytes: wide ? long(at + 16) : word(at + 8),
          kind: KINDS[bytes[at + (wide ? 4 : 12)]! & 15] ?? 'other',
          missing: half(at + (wide ? 6 : 14)) === 0,
          section: half(at + (wide ? 6 : 14)),
        }
      })
    })
  const relocations = heads.flatMap(({ type, offset, size, info }) => {
    const kind = RELOCATIONS[type]
    if (!kind) return []
    const step = (wide ? 8 : 4) * (kind === 'added' ? 3 : 2)
    return Array.from({ length: size / step }, (_, k) => {
      const at = offset + k * step
      return { section: info, symbol: wide ? word(at + (little ? 12 : 8)) : word(at + 4) >>> 8 }
    })
  })
  return { sections, symbols, relocations }
}
