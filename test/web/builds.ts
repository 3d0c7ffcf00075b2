import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Page } from 'playwright-core'
import type { SourceFile } from '../../src/backends/backend.ts'
import { logged, openSite } from '../chromium.ts'
import { toolFolder } from './tools.ts'

// Every folder is removed when its process ends.
process.setMaxListeners(0)

/** A folder that bundlers find their packages from, with these files; removed when the process ends. */
export function makeFolder(files: readonly SourceFile[]): string {
  const folder = mkdtempSync(join(toolFolder, '.pages-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const { path, content } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** What a script of bundlers/ prints about a build of this folder. */
export const build = (script: string, folder: string, ...flags: readonly string[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const args = [join(toolFolder, 'bundlers', script), folder, ...flags]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    child.stdout.on('data', text => {
      out += text
    })
    child.stderr.on('data', text => {
      errors += text
    })
    child.on('close', status => {
      if (status === 0) resolve(JSON.parse(out.trimEnd().split('\n').at(-1)!))
      else reject(new Error(`${script} failed\n${out}${errors}`))
    })
  })

/** Files of a folder, as a static host has them. */
const filesIn = (folder: string): SourceFile[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap(file => {
    const path = join(file.parentPath, file.name)
    return file.isFile() ? [{ path: path.slice(folder.length + 1), content: readFileSync(path) }] : []
  })

export const pageOf = (script: string): string =>
  `<!doctype html><title>net page</title><script type="module" src="${script}"></script>`

/** What a page of FOLDER/dist logs first; `script` makes a page where the bundler makes none. */
export const openBuilt = (folder: string, script?: string): Promise<unknown> =>
  openPage(join(folder, 'dist'), logged(60_000), script)

/** Opens index.html of a folder, as a static host serves it. */
export async function openPage<T>(folder: string, wait: (page: Page) => Promise<T>, script?: string): Promise<T> {
  const page = script ? [{ path: 'index.html', content: pageOf(script) }] : []
  const site = await openSite([...filesIn(folder), ...page], {
    csp: "'wasm-unsafe-eval'",
    flags: ['--enable-unsafe-webgpu'],
  })
  try {
    return await site.open('index.html', wait)
  } finally {
    await site.close()
  }
}
