import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { networkFiles } from './network.ts'
import { areToolsMissing, toolFolder } from './tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-web-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

const compilers = {
  '5.4': join(toolFolder, 'node_modules/typescript-5.4/bin/tsc'),
  '5.9': join(toolFolder, 'node_modules/typescript-5.9/bin/tsc'),
  6: resolve(toolFolder, '../../node_modules/typescript/bin/tsc'),
}

/** Uses all three declarations; what a host gives is only used where its types are there. */
const program = (hasDom: boolean) => `
import { load, type Outputs } from './net.js'
import { load as loadWasm } from './net.wasm.js'
import { load as loadWgsl } from './net.wgsl.js'
const image = new Float32Array(3072)
const { classes }: { classes: Float32Array } = await (await load({ prefer: 'webgpu' })).run({ image })
const bytes = new Uint8Array(8)
const net = await loadWasm({ source: bytes, warm: true })
const outputs: Outputs = net.run({ image }, { classes })
await loadWasm(bytes.buffer)
await loadWasm('net.wasm')
await (await loadWgsl({ maxBatch: 2, weights: bytes })).run({ image })
// @ts-expect-error an array is no object of arrays
net.run(image)
// @ts-expect-error there is no such option
await load({ device: undefined, batch: 4 })
// @ts-expect-error nor such a source
await loadWasm(42)
${hasDom ? "await loadWasm(fetch('net.wasm'))\nawait loadWasm(new URL('net.wasm', import.meta.url))\nawait loadWasm(await WebAssembly.compile(bytes.buffer as ArrayBuffer))" : ''}
export { outputs }
`

describe('the declarations, with skipLibCheck off', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    for (const { path, content } of await networkFiles({ targets: ['wasm', 'wgsl'] }))
      writeFileSync(join(folder, path), content)
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  })

  const check = (tsc: string, lib: readonly string[], module: string, moduleResolution: string): string => {
    const hasDom = lib.includes('dom')
    const compilerOptions = { noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false }
    const more = { target: 'es2022', module, moduleResolution, lib, types: [] }
    writeFileSync(join(folder, 'program.ts'), program(hasDom))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, ...more }, files: ['program.ts'] }),
    )
    try {
      return execFileSync(process.execPath, [tsc], { cwd: folder, encoding: 'utf8' })
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }

  describe.each(Object.entries(compilers))('TypeScript %s', (version, tsc) => {
    test.skipIf(version !== '6' && areToolsMissing())('with the types of a browser, and without', () => {
      expect(check(tsc, ['es2022', 'dom'], 'nodenext', 'nodenext')).toBe('')
      expect(check(tsc, ['es2022'], 'esnext', 'bundler')).toBe('')
    })
  })
})
