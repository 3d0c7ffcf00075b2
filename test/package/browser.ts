import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { logged, openSite } from '../chromium.ts'
import type { Project } from './tarball.ts'

/** A page that has the compiler bundled into it. */
export interface Page {
  /** Compiles the model in the page; SHA-256 digests of the files by their paths. */
  readonly compile: (target: string) => Promise<Record<string, string>>
  readonly close: () => Promise<void>
}

const SCRIPT = `import { compile } from 'xnorc'
const hex = buffer => Array.from(new Uint8Array(buffer), byte => byte.toString(16).padStart(2, '0')).join('')
globalThis.compileModel = async target => {
  const bytes = new Uint8Array(await (await fetch('/model.onnx')).arrayBuffer())
  const { files } = await compile(bytes, { target, name: 'nin' })
  const digests = {}
  for (const { path, content } of files) {
    const data = typeof content === 'string' ? new TextEncoder().encode(content) : content
    digests[path] = hex(await crypto.subtle.digest('SHA-256', data))
  }
  return digests
}
console.log('"ready"')
`

/** Bundles the project's page as a user would, serves it and opens it in headless Chromium. */
export async function openPage(project: Project, model: string): Promise<Page> {
  project.write('index.html', '<!doctype html><meta charset="utf-8"><script type="module" src="/main.js"></script>')
  project.write('main.js', SCRIPT)
  await build({
    root: project.folder,
    configFile: false,
    logLevel: 'error',
    build: { target: 'es2022', minify: false },
  })
  const bundle = join(project.folder, 'dist')
  const files = readdirSync(bundle, { recursive: true, withFileTypes: true }).flatMap(file => {
    const path = join(file.parentPath, file.name)
    return file.isFile() ? [{ path: path.slice(bundle.length + 1), content: readFileSync(path) }] : []
  })
  const site = await openSite([...files, { path: 'model.onnx', content: readFileSync(model) }], {
    csp: "'wasm-unsafe-eval'",
  })
  const page = await site.open('index.html', async opened => {
    // Polling for a function evaluates text, which the policy forbids where the page loads slowly.
    await logged(60_000)(opened)
    return opened
  })
  return { compile: target => page.evaluate(`compileModel(${JSON.stringify(target)})`), close: site.close }
}
