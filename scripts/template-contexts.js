// What a template reads from its context, from its syntax tree: a TypeScript interface for each template, so that the
// compiler finds a name that is missing or one too many.
import Handlebars from 'handlebars'
import { Project } from 'ts-morph'

/**
 * What one value of a context is used as: printed, asked whether it is there, an object with names, a list of objects or
 * of printed values.
 * @typedef {{ printed?: true, tested?: true, names?: Map<string, Use>, entries?: Use }} Use
 */

/** @returns {Use} */
const emptyUse = () => ({})

/** The use of a name inside an object. */
function nameIn(use, name) {
  use.names ??= new Map()
  if (!use.names.has(name)) use.names.set(name, emptyUse())
  return use.names.get(name)
}

/** Conditions, and what stands around lines of generated code, stay where they are; only `each` goes into a list. */
const helpers = {
  if: (statement, frames, walk) => {
    use(statement.params[0], frames, 'tested')
    walk(statement, frames)
  },
  each: (statement, frames, walk) => {
    const list = use(statement.params[0], frames)
    if (!list) throw new Error('each needs a name')
    list.entries ??= emptyUse()
    walk({ program: statement.program }, { ...frames, stack: [...frames.stack, list.entries] })
  },
  loop: (statement, frames, walk) => {
    for (const param of statement.params) use(param, frames, 'printed')
    const locals = [...frames.locals, ...(statement.program.blockParams ?? [])]
    walk(statement, { ...frames, locals })
  },
}
helpers.between = (statement, frames, walk) => {
  const found = use(statement.params[0], frames, 'tested')
  for (const end of ['open', 'close']) nameIn(found, end).printed = true
  walk(statement, frames)
}
helpers.unless = helpers.if
helpers.under = helpers.loop
helpers.around = helpers.loop
helpers.deeper = helpers.loop

/** Marks what a path leads to; undefined for a local of a loop, a literal, or one of Handlebars' own values. */
function use(path, { stack, locals }, as) {
  if (path.type !== 'PathExpression' || path.data) return undefined
  if (path.depth === 0 && locals.includes(path.parts[0])) return undefined
  const frame = stack.at(-1 - path.depth)
  if (!frame) throw new Error(`'${path.original}' leads out of the template`)
  const found = path.parts.reduce(nameIn, frame)
  if (as) found[as] = true
  return found
}

function walkProgram(program, frames, texts) {
  const walk = ({ program: then, inverse }, inner) => {
    for (const part of [then, inverse]) if (part) walkProgram(part, inner, texts)
  }
  for (const statement of program.body)
    if (statement.type === 'MustacheStatement') use(statement.path, frames, 'printed')
    else if (statement.type === 'BlockStatement') helpers[statement.path.original](statement, frames, walk)
    else if (statement.type === 'PartialStatement') {
      const [context] = statement.params
      const inside = context ? use(context, frames) : frames.stack.at(-1)
      if (inside) inside.names ??= new Map()
      walkProgram(
        Handlebars.parse(texts.get(statement.name.original)),
        { stack: [inside], locals: frames.locals },
        texts,
      )
    }
}

/** The TypeScript type of a value that is used so. */
function typeOf({ printed, tested, names, entries }) {
  const types = [
    ...(printed ? ['string', 'number'] : []),
    ...(entries ? [`readonly (${typeOf(entries)})[]`] : []),
    ...(names ? [`{ ${membersOf(names).join('; ')} }`] : []),
  ]
  if (types.length === 0) return 'Condition'
  return [...types, ...(tested ? ['null', 'undefined'] : [])].join(' | ')
}

const membersOf = names =>
  [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => `readonly ${name}: ${typeOf(member)}`)

/** `CKernelsPool` for c/kernels/pool.c: two templates of one target never differ in their ending alone. */
const interfaceName = template =>
  template
    .replace(/\.\w+$/, '')
    .split(/[^A-Za-z0-9]+/)
    .map(word => word[0].toUpperCase() + word.slice(1))
    .join('')

/** The source of the interfaces. `templates`: what embed-templates.js has read. */
export function printContexts(templates) {
  const texts = new Map(templates.map(({ name, text }) => [name, text]))
  const file = new Project({ useInMemoryFileSystem: true }).createSourceFile('contexts.ts')
  file.addStatements('// Made by scripts/template-contexts.js from templates/. Do not edit.')
  file.addTypeAlias({ name: 'Condition', type: 'boolean | string | number | object | null | undefined' })
  const members = templates.map(({ name, text }) => {
    const root = { names: new Map() }
    walkProgram(Handlebars.parse(text), { stack: [root], locals: [] }, texts)
    const type = `${interfaceName(name)}${name.endsWith('.h') ? 'Header' : ''}`
    file.addInterface({
      name: type,
      isExported: true,
      docs: [`What ${name} reads.`],
      properties: [...root.names].map(([member, its]) => ({ name: member, type: typeOf(its), isReadonly: true })),
    })
    return { name: JSON.stringify(name), type, isReadonly: true }
  })
  file.addInterface({ name: 'Contexts', isExported: true, docs: ['What every template reads.'], properties: members })
  return file.getFullText()
}
