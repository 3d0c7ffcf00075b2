/** What bundlers take as plugins, as far as types have to know it: theirs are those of one version. */
export interface RollupPlugin {
  readonly name: string
}

export interface WebpackPlugin {
  apply(compiler: unknown): void
}

export interface EsbuildPlugin {
  readonly name: string
  setup(build: unknown): void | Promise<void>
}
