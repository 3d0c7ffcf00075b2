import type { WebpackPlugin } from './bundlers.ts'
import { unplugin } from './index.ts'
import type { PluginOptions } from './requests.ts'

export type { PluginOptions } from './requests.ts'

const rspack: (options?: PluginOptions) => WebpackPlugin = options => unplugin.rspack(options)
export default rspack
