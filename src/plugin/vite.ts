import { unplugin } from './index.ts'

export type { PluginOptions } from './index.ts'

export default unplugin.vite
