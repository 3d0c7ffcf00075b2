/** A way to compute a layer, and what it is estimated to cost: instructions on 16 bytes at a time. */
export interface Strategy {
  readonly name: string
  readonly instructions: number
}

/** Tables against counting mismatches, for one binary layer. */
export interface Weighed<Tile> {
  /** How tables are made; nothing where counting is cheaper. */
  readonly tile: Tile | undefined
  /** The cheapest first: that one is taken. */
  readonly strategies: readonly [Strategy, ...Strategy[]]
}

/** The cheapest of `tiles`, if it is cheaper than counting. */
export function weigh<Tile extends { readonly bits: number }>(
  counting: number,
  tiles: Iterable<Tile>,
  costOf: (tile: Tile) => number,
): Weighed<Tile> {
  let [best, least] = [undefined as Tile | undefined, Number.POSITIVE_INFINITY]
  for (const tile of tiles) {
    const cost = costOf(tile)
    if (cost < least) [best, least] = [tile, cost]
  }
  const counted = { name: 'counting', instructions: Math.round(counting) }
  if (!best) return { tile: undefined, strategies: [counted] }
  const tables = { name: `tables of ${best.bits} bits`, instructions: Math.round(least) }
  return least < counting
    ? { tile: best, strategies: [tables, counted] }
    : { tile: undefined, strategies: [counted, tables] }
}
