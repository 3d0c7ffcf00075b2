// Rspack, as `rspack build` without a configuration file builds main.js.
import { rspack } from '@rspack/core'
import { finish, project } from './project.js'

const { entry, out } = project()
const config = { mode: 'production', entry, output: { path: out }, performance: { hints: false } }
rspack(config, (error, stats) => {
  if (error) throw error
  const { warnings, errors } = stats.toJson({ warnings: true, errors: true })
  finish([...errors, ...warnings].map(({ message }) => message))
})
