import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** Every page that users read, by its path in the repository. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`),
  ...readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter(name => !/node_modules|\.next/.test(name))
    .map(name => `examples/${name}`),
].filter(path => path.endsWith('.md'))

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

/** A command of a page. */
export interface Command {
  readonly page: string
  /** As it stands there, without a comment. */
  readonly line: string
  /** Of xnorc. */
  readonly args: readonly string[]
}

const COMMAND = /^(?: {4})?(?:npx )?xnorc +((?:compile|inspect|verify|eval|bench|report|size|doctor)\b.*)$/

/** All `xnorc …` in blocks of shell, with the lines that belong to one put together. */
export const commands = (page: string): readonly Command[] =>
  textOf(page)
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .flatMap(text => {
      const found = COMMAND.exec(text)
      if (!found) return []
      const line = found[1]!.replace(/\s+#.*/, '').trim()
      const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
      return [{ page, line: `xnorc ${line}`, args }]
    })
