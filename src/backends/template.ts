import type Handlebars from 'handlebars'
import untypedRuntime from 'handlebars/runtime.js'
import { specifications } from './templates.generated.ts'

// The runtime alone, which needs no eval; its package gives it no types of its own.
const runtime = untypedRuntime as unknown as typeof Handlebars
const engine = runtime.create()
const templates = new Map(
  Object.entries<TemplateSpecification>(specifications).map(([name, compiled]) => [name, engine.template(compiled)]),
)
engine.registerPartial(Object.fromEntries(templates))

/** The text of a template (`c/kernels/pool.c` is templates/c/kernels/pool.c.hbs). A missing variable is an error. */
export function render(name: string, context: object): string {
  const template = templates.get(name)
  if (!template) throw new Error(`no template '${name}'`)
  return template(context)
}

export const hasTemplate = (name: string): boolean => templates.has(name)
