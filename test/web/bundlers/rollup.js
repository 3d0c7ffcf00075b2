// Rollup without plugins: it leaves addresses alone, so the files are copied beside the bundle.
import { rollup } from 'rollup'
import { copyAssets, finish, project } from './project.js'

const { folder, entry, out } = project()
const complaints = []
const bundle = await rollup({ input: entry, onwarn: ({ message }) => complaints.push(message) })
await bundle.write({ dir: out, format: 'es' })
copyAssets({ folder, out })
finish(complaints)
