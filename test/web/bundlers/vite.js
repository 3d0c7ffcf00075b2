// Vite, as `vite build` without a configuration file builds index.html.
import { build, createLogger } from 'vite'
import { finish, project } from './project.js'

const { folder } = project()
const complaints = []
const customLogger = createLogger('silent')
customLogger.warn = customLogger.warnOnce = customLogger.error = message => complaints.push(message)
await build({ root: folder, configFile: false, customLogger, base: './' })
finish(complaints)
