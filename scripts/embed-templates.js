// Compiles every templates/**/*.hbs into src/backends/print/templates.generated.ts, so that the compiler needs neither a file
// system nor eval at run time and also works in a browser. What each template reads is a type beside it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import Handlebars from 'handlebars'
import { printContexts } from './template-contexts.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = `${root}templates`
const target = `${root}src/backends/print`

/** A missing variable or an unknown helper is an error; nothing is escaped for HTML. */
const options = {
  strict: true,
  noEscape: true,
  knownHelpers: { loop: true, under: true, around: true, deeper: true, between: true },
  knownHelpersOnly: true,
  preventIndent: true,
}

/** `c/kernels/pool.c` for templates/c/kernels/pool.c.hbs, with the text of the template. */
export function readTemplates() {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.hbs'))
    .map(entry => `${entry.parentPath}${sep}${entry.name}`)
    .map(file => ({
      name: relative(folder, file)
        .split(sep)
        .join('/')
        .replace(/\.hbs$/, ''),
      text: readFileSync(file, 'utf8'),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Compound identifiers of the C templates. A name made of the model's name and a layer's must not be one of them: it
 * would hide a function, or be hidden by a local variable.
 */
function wordsText() {
  const templates = readTemplates().filter(({ name }) => name.startsWith('c/'))
  const functions = templates.flatMap(({ name }) => /^c\/\w+\/(\w+)\.c$/.exec(name)?.[1] ?? [])
  const found = templates.flatMap(({ text }) => text.replace(/\{\{.*?\}\}/g, '').match(/[A-Za-z]\w*_\w+/g) ?? [])
  const words = [...new Set([...functions, ...found])].sort()
  return `export const words = ${JSON.stringify(words)}\n`
}

/**
 * A template as a function. Where in its text each name stands is left out, a sixth of all: the types of contexts find what is
 * missing before anything runs.
 */
const compiled = text =>
  Handlebars.precompile(text, options).replace(
    /, ?(?:"loc":)?\{"start":\{"line":\d+,"column":\d+\},"end":\{[^}]*\}\}/g,
    '',
  )

export function embedTemplates() {
  const templates = readTemplates()
  const entries = templates.map(({ name, text }) => `  ${JSON.stringify(name)}: ${compiled(text)},`)
  const head = '// @ts-nocheck\n// Made by scripts/embed-templates.js from templates/. Do not edit.'
  writeChanged(
    `${target}/templates.generated.ts`,
    `${head}\nexport const specifications = {\n${entries.join('\n')}\n}\n${wordsText()}`,
  )
  writeChanged(`${target}/template-contexts.generated.ts`, printContexts(templates))
}

/** Leaves a file alone that has this text: others may watch it. */
function writeChanged(path, text) {
  let before = ''
  try {
    before = readFileSync(path, 'utf8')
  } catch {
    // The first run.
  }
  if (before !== text) writeFileSync(path, text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) embedTemplates()
