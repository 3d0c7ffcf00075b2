import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rollup } from 'vite'
import { expect, test } from 'vitest'

const library = resolve(import.meta.dirname, '../../src/index.ts')

/** What a page says that compiles for one target. */
const plugin = {
  name: 'page',
  resolveId: (id: string) => (id === 'page.js' ? join(import.meta.dirname, 'page.js') : undefined),
  load: (id: string) =>
    id.endsWith('/page.js')
      ? `import { compile } from ${JSON.stringify(library)}
globalThis.run = bytes => compile(bytes, { target: 'wasm', name: 'net' })`
      : undefined,
}

test('all that a page loads to compile to WASM is at most 450 KB, compressed', { timeout: 240_000 }, async () => {
  const { output } = (await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'error',
    plugins: [plugin],
    build: { target: 'es2022', write: false, rollupOptions: { input: 'page.js' } },
  })) as Rollup.RollupOutput
  const chunks = output.flatMap(chunk => (chunk.type === 'chunk' ? [chunk] : []))
  // The other targets are loaded when they are asked for.
  const others = chunks.filter(({ facadeModuleId }) => /\/backends\/(c|wgsl)\/index\.ts$/.test(facadeModuleId ?? ''))
  expect(others).toHaveLength(2)
  const sizes = chunks.filter(chunk => !others.includes(chunk)).map(({ code }) => gzipSync(code).length)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(450_000)
})
