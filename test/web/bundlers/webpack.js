// webpack 5, as `webpack --mode production` without a configuration file builds main.js.
import webpack from 'webpack'
import { finish, project } from './project.js'

const { entry, out } = project()
const config = { mode: 'production', entry, output: { path: out }, performance: { hints: false } }
webpack(config, (error, stats) => {
  if (error) throw error
  const { warnings, errors } = stats.toJson({ warnings: true, errors: true })
  finish([...errors, ...warnings].map(({ message }) => message))
})
