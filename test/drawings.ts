/** What the playground draws, for tests. */
export * from '../playground/inputs/drawings.ts'
