import type { WebpackPlugin } from './bundlers.ts'
import { unplugin } from './index.ts'
import type { PluginOptions } from './requests.ts'

export type { PluginOptions } from './requests.ts'

const webpack: (options?: PluginOptions) => WebpackPlugin = options => unplugin.webpack(options)
export default webpack
