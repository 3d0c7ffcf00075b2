import { embedTemplates } from '../scripts/embed-templates.js'

/** Tests see the templates as they are now. */
export const setup = () => embedTemplates()
