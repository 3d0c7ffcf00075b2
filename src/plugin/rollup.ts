import type { RollupPlugin } from './bundlers.ts'
import { unplugin } from './index.ts'
import type { PluginOptions } from './requests.ts'

export type { PluginOptions } from './requests.ts'

const rollup: (options?: PluginOptions) => RollupPlugin = options => unplugin.rollup(options)
export default rollup
