/** The part of the WebAssembly API that xnorc uses: it is in Node and in browsers, but not in TypeScript's ES libraries. */
declare namespace WebAssembly {
  class Module {
    private constructor()
    static imports(module: Module): { name: string }[]
    static exports(module: Module): { name: string }[]
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  function compile(bytes: ArrayBufferView | ArrayBuffer): Promise<Module>
  function instantiate(module: Module): Promise<Instance>
}
