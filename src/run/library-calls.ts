import type { ElfObject } from './elf.ts'

/** Places by the name of what is called there. */
export type Places = ReadonlyMap<string, number>

/**
 * What each function of an object, whose functions have sections of their own, calls of the compiler's and the C library,
 * itself or in functions that it calls. Compilers make copies of some, `f.constprop.0` of `f`.
 */
export function libraryCalls({ symbols, relocations }: ElfObject): ReadonlyMap<string, Places> {
  const functionIn = new Map(
    symbols
      .filter(({ kind }) => kind === 'function')
      .map(({ section, name }) => [section, name.replace(/\..*/, '')] as const),
  )
  const own = new Map<string, string[]>([...functionIn.values()].map(name => [name, []]))
  const missing = new Set(symbols.filter(symbol => symbol.missing && symbol.name !== '').map(({ name }) => name))
  for (const { section, symbol } of relocations) {
    const to = symbols[symbol]!
    const callee = missing.has(to.name) ? to.name : functionIn.get(to.section)
    const caller = functionIn.get(section)
    if (callee !== undefined && caller !== undefined) own.get(caller)!.push(callee)
  }
  return new Map(
    [...own.keys()].map(name => {
      const places = new Map<string, number>()
      const reached = new Set([name])
      for (const each of reached)
        for (const callee of own.get(each) ?? [])
          if (missing.has(callee)) places.set(callee, (places.get(callee) ?? 0) + 1)
          else reached.add(callee)
      return [name, places] as const
    }),
  )
}

/** The functions that compute with floats where the chip has no instructions: of the ARM ABI, and of libgcc everywhere else. */
export const isSoftFloat = (name: string): boolean =>
  /^__aeabi_(c?[fd]|u?[il]2[fd])/.test(name) ||
  /^__(add|sub|mul|div|neg|eq|ne|lt|le|gt|ge|unord|cmp)[sd]f[23]$/.test(name) ||
  /^__(float|fix|extend|trunc)\w*[sd]f/.test(name)
