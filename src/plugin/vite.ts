import type { RollupPlugin } from './bundlers.ts'
import { unplugin } from './index.ts'
import type { PluginOptions } from './requests.ts'

export type { PluginOptions } from './requests.ts'

const vite: (options?: PluginOptions) => RollupPlugin = options => unplugin.vite(options)
export default vite
