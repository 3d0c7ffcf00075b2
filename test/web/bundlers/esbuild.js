// esbuild without plugins: it leaves addresses alone, so the files are copied beside the bundle.
import { build } from 'esbuild'
import { copyAssets, finish, project } from './project.js'

const { folder, entry, out } = project()
const { warnings } = await build({
  entryPoints: [entry],
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  splitting: true,
  logLevel: 'silent',
})
copyAssets({ folder, out })
finish(warnings.map(({ text }) => text))
