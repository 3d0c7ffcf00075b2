import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type BuildProject, createProject, ensureBuilt, isToolMissing, mainOf } from './project.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/build.md'), 'utf8')

/** The recipe of the page in this language, for the model of the tests. */
function recipe(language: string): string {
  const text = page.split(`\`\`\`${language}\n`)[1]?.split('```')[0]
  if (text === undefined) throw new Error(`docs/build.md has no recipe in ${language}`)
  return text.replaceAll('nin', 'digits')
}

describe('recipes of docs/build.md', { timeout: 300_000 }, () => {
  let project: BuildProject
  beforeAll(ensureBuilt)
  beforeEach(() => {
    project = createProject()
    project.write('main.c', mainOf('digits'))
  })
  afterEach(() => project.remove())

  function expectIncremental(build: () => string, app: string, generated: string): void {
    build()
    expect(project.run(app).split(' ')).toHaveLength(11)
    const first = project.written(generated)
    build()
    expect(project.written(generated)).toBe(first)
    project.touch('digits.onnx')
    build()
    expect(project.written(generated)).toBeGreaterThan(first)
  }

  test.skipIf(isToolMissing('make'))('Make', () => {
    project.write('Makefile', recipe('make'))
    expectIncremental(() => project.run('make'), './app', 'digits.c')
  })

  test.skipIf(isToolMissing('meson') || isToolMissing('ninja'))('Meson', () => {
    project.write('meson.build', recipe('meson'))
    project.run('meson', 'setup', 'build')
    expectIncremental(() => project.run('meson', 'compile', '-C', 'build'), 'build/app', 'build/digits.c')
  })
})
