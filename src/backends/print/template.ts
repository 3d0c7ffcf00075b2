import type Handlebars from 'handlebars'
import untypedRuntime from 'handlebars/runtime.js'
import type { Contexts } from './template-contexts.generated.ts'
import { specifications } from './templates.generated.ts'

// The runtime alone, which needs no eval; its package gives it no types of its own.
const runtime = untypedRuntime as unknown as typeof Handlebars
const engine = runtime.create()
const templates = new Map(
  Object.entries<TemplateSpecification>(specifications).map(([name, compiled]) => [name, engine.template(compiled)]),
)
engine.registerPartial(Object.fromEntries(templates))

type Block = Handlebars.HelperOptions & { fn: (context: unknown, options: object) => string }

/**
 * `{{#loop "p" count as |p|}}`: a loop of C around the lines in it, which stand two columns deeper. A loop that would
 * run once is none: its lines see 0 instead of the variable.
 */
engine.registerHelper('loop', function (this: unknown, variable: string, count: string | number, block: Block) {
  const once = `${count}` === '1'
  const body = block.fn(this, { data: block.data, blockParams: [once ? '0' : variable] })
  const head = `for (int ${variable} = 0; ${variable} < ${count}; ${variable}++)`
  return once ? shallower(body) : under(head, body, block.hash as { before?: string })
})

/** `{{#under head}}`: the lines in it, two columns deeper, as the body of a loop or condition; without a head, as they are. */
engine.registerHelper('under', function (this: unknown, head: string, block: Block) {
  const body = block.fn(this, { data: block.data })
  return head === '' ? shallower(body) : under(head, body, block.hash as { before?: string })
})

/** `{{#deeper}}`: the lines in it, two columns deeper than they are. */
engine.registerHelper('deeper', function (this: unknown, block: Block) {
  return indented(block.fn(this, { data: block.data }))
})

/** `{{#around head}}`: the lines in it as they are, or two columns deeper as the body of a loop. */
engine.registerHelper('around', function (this: unknown, head: string, block: Block) {
  const body = block.fn(this, { data: block.data })
  return head === '' ? body : under(head, indented(body), {})
})

/** `{{#between ends}}`: the lines in it, between `open` and `close` if there are such ends. */
engine.registerHelper('between', function (this: unknown, ends: Ends | null | undefined, block: Block) {
  const body = block.fn(this, { data: block.data })
  return ends ? `${ends.open}\n${body}${ends.close}\n` : body
})

/** What stands before and behind some lines. */
interface Ends {
  readonly open: string
  readonly close: string
}

const indented = (body: string): string => body.replaceAll(/^(?=.)/gm, '  ')

const shallower = (body: string): string =>
  body
    .split('\n')
    .map(line => (line.startsWith('  ') ? line.slice(2) : line))
    .join('\n')

function under(head: string, body: string, { before }: { before?: string }): string {
  const margin = ' '.repeat(Math.max(0, body.length - body.trimStart().length - 2))
  const [open, close] = body.trimEnd().includes('\n') ? [' {', `${margin}}\n`] : ['', '']
  return `${before ? `${margin}${before}\n` : ''}${margin}${head}${open}\n${body}${close}`
}

export type TemplateName = keyof Contexts

/** Names of the templates in a folder that read nothing. */
export type PlainName<Folder extends string, Ending extends string> = {
  [N in TemplateName]: keyof Contexts[N] extends never
    ? N extends `${Folder}/${infer Name}.${Ending}`
      ? Name
      : never
    : never
}[TemplateName]

/** What a template reads that is not one of these names. */
export type ContextOf<N extends TemplateName, Later extends string = never> = Omit<Contexts[N], Later>

/** A context with these names and no others. */
export type Exactly<C, Names> = C & Readonly<Record<Exclude<keyof C, Names>, never>>

/** A template, and what it says there. */
export interface Templated {
  readonly template: TemplateName
  readonly context: object
}

/** For later: does not compile with a name that the template does not read, or without one that it does. */
export const templated = <N extends TemplateName, C extends ContextOf<N>>(
  template: N,
  context: Exactly<C, keyof Contexts[N]>,
): Templated => ({ template, context })

/** The text of a template (`c/kernels/pool.c` is templates/c/kernels/pool.c.hbs). */
export const render = <N extends TemplateName, C extends ContextOf<N>>(
  template: N,
  context: Exactly<C, keyof Contexts[N]>,
): string => renderTemplated({ template, context })

export function renderTemplated({ template, context }: Templated): string {
  const found = templates.get(template)
  if (!found) throw new Error(`no template '${template}'`)
  return found(context)
}
