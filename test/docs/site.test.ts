import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { optionsPage } from '../../scripts/options-page.js'
import { pages, root, textOf } from './pages.ts'

test('the page of options is made of the table: npm run options', () =>
  expect(textOf('docs/options.md')).toBe(optionsPage()))

/** `[text](path#anchor)`, not in blocks of code. */
const linksOf = (page: string) =>
  [
    ...textOf(page)
      .replaceAll(/```.*?```/gs, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, link]) => link!)

/** As GitHub and VitePress make them of headings. */
const anchorsOf = (path: string) =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )

test.each(pages)('%s: what it links to is there', page => {
  const missing = linksOf(page).filter(link => {
    if (/^https?:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const file = path === '' ? join(root, page) : join(root, dirname(page), path)
    return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
  })
  expect(missing).toEqual([])
})

/** VitePress is in a package of its own, as its tools are more than all of ours. */
function isVitePressMissing(): boolean {
  if (existsSync(join(root, 'docs/node_modules/vitepress'))) return false
  if (process.env.CI === 'true') throw new Error('VitePress is missing')
  console.warn('skipped: VitePress is missing (npm run docs-tools)')
  return true
}

describe.skipIf(isVitePressMissing())('the site', () => {
  const made = join(root, 'docs/.vitepress/dist')
  beforeAll(() => {
    rmSync(made, { recursive: true, force: true })
    execFileSync('npx', ['vitepress', 'build'], { cwd: join(root, 'docs'), stdio: 'pipe' })
  })

  test('has every page of docs, without dead links, and a menu that leads to all of them', () => {
    const menu = readFileSync(join(made, 'start-c.html'), 'utf8')
    for (const page of pages.filter(path => path.startsWith('docs/') && !path.endsWith('index.md'))) {
      const name = relative('docs', page).replace(/\.md$/, '')
      expect([name, existsSync(join(made, `${name}.html`))]).toEqual([name, true])
      expect(menu).toContain(`href="/${name}"`)
    }
  })

  test('has our templates in a line of code as they are', () =>
    expect(readFileSync(join(made, 'architecture.html'), 'utf8')).toContain('{{#loop}}'))
})
