import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SourceFile } from '../../src/backends/backend.ts'
import { isChromiumMissing } from '../chromium.ts'
import { build, makeFolder, openBuilt, pageOf } from './builds.ts'
import { IMAGE, image, networkFiles } from './network.ts'
import { areToolsMissing } from './tools.ts'

/** Every engine, with files beside the script and without. */
const main = `import { load } from './net/net.js'
import { load as loadInline } from './inline/net.js'

export const image = ${IMAGE}

/** What a server has computed must be the same. */
export async function main(server) {
  const results = []
  for (const make of [load, loadInline])
    for (const prefer of ['wasm', 'webgpu']) {
      const net = await make({ prefer })
      const { classes } = await net.run({ image })
      results.push({ engine: net.engine, classes: [...classes] })
      net.destroy()
    }
  if (server && server.join() !== results[0].classes.join()) throw new Error('the server has ' + server)
  console.log(JSON.stringify(results))
}

if (typeof document !== 'undefined' && document.title === 'net page') main()
`

/** The script that builds, with its flags; a page of ours where the bundler builds none. */
const bundlers = {
  Vite: { script: 'vite.js' },
  'webpack 5': { script: 'webpack.js', made: 'main.js' },
  Rspack: { script: 'rspack.js', made: 'main.js' },
  Rollup: { script: 'rollup.js', made: 'main.js' },
  esbuild: { script: 'esbuild.js', made: 'main.js' },
  Parcel: { script: 'parcel.js' },
  'Next.js with Turbopack': { script: 'next.js', flag: '--turbopack' },
  'Next.js with webpack': { script: 'next.js', flag: '--webpack' },
} as const satisfies Readonly<Record<string, { script: string; flag?: string; made?: string }>>

const within = (folder: string, files: readonly SourceFile[]): SourceFile[] =>
  files.map(({ path, content }) => ({ path: join(folder, path), content }))

describe.skipIf(areToolsMissing() || isChromiumMissing())('a page built by', { timeout: 180_000 }, () => {
  let files: readonly SourceFile[]
  let expected: number[]
  beforeAll(async () => {
    files = [
      ...within('net', await networkFiles({ targets: ['wasm', 'wgsl'] })),
      ...within('inline', await networkFiles({ targets: ['wasm', 'wgsl'], inline: true })),
      { path: 'main.js', content: main },
      { path: 'index.html', content: pageOf('./main.js') },
      { path: 'package.json', content: '{ "type": "module", "private": true }' },
    ]
    const { load } = await import(pathToFileURL(join(makeFolder(files), 'net/net.js')).href)
    const { classes } = await (await load()).run({ image })
    expected = [...classes]
  })

  test.each(Object.entries<{ script: string; flag?: string; made?: string }>(bundlers))('%s', async (_, bundler) => {
    const folder = makeFolder(files)
    const { script, flag, made } = bundler
    expect(await build(script, folder, ...(flag ? [flag] : []))).toEqual([])
    const result = (engine: string) => ({ engine, classes: expected })
    expect(await openBuilt(folder, made)).toEqual(['wasm', 'webgpu', 'wasm', 'webgpu'].map(result))
  })
})
