import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { build } from 'vite'
import type { Project } from './tarball.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Where tests must not be skipped (CI=true) its absence is an error. */
export function hasChromium(): boolean {
  if (existsSync(executablePath)) return true
  if (process.env.CI === 'true') throw new Error(`${executablePath} is missing, and CI must not skip its tests`)
  console.warn(`skipped: ${executablePath} is missing; CHROMIUM names another one`)
  return false
}

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
`

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

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
  const server = await serve(join(project.folder, 'dist'), model)
  let browser: Browser | undefined
  try {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--no-first-run'] })
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', error => problems.push(String(error)))
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
    await page.waitForFunction('"compileModel" in globalThis', undefined, { timeout: 30_000 }).catch(error => {
      throw new Error(`the page did not start: ${problems.join('; ') || error}`)
    })
    const opened = browser
    return {
      compile: target => page.evaluate(`compileModel(${JSON.stringify(target)})`),
      close: async () => {
        await opened.close()
        server.close()
      },
    }
  } catch (error) {
    await browser?.close()
    server.close()
    throw error
  }
}

function serve(folder: string, model: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '')
    const file = path === '/model.onnx' ? model : join(folder, path)
    if (!existsSync(file)) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    return response.end(readFileSync(file))
  })
  return new Promise(done => server.listen(0, 'localhost', () => done(server)))
}
