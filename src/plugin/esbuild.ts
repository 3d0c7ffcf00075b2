import type { EsbuildPlugin } from './bundlers.ts'
import { unplugin } from './index.ts'
import type { PluginOptions } from './requests.ts'

export type { PluginOptions } from './requests.ts'

const esbuild: (options?: PluginOptions) => EsbuildPlugin = options => unplugin.esbuild(options)
export default esbuild
