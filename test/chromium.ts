import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { SourceFile } from '../src/backends/backend.ts'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where it is not installed a test says so and is skipped; in CI it must be. */
export function isChromiumMissing(): boolean {
  if (existsSync(CHROMIUM)) return false
  if (process.env.CI === 'true') throw new Error(`${CHROMIUM} is missing, and CI must not skip its tests`)
  console.warn(`skipped: ${CHROMIUM} is not installed (apt-get install chromium); CHROMIUM names another one`)
  return true
}

/** Files on a host of this machine, and a browser to open them with. */
export interface Site {
  /** Opens a page and waits for what `wait` does; an error of one of its scripts is an error here. */
  readonly open: <T>(path: string, wait: (page: Page) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/**
 * Serves files as any static host would; the content security policy lets scripts of its own run, and what `csp` adds, or is
 * `policy`.
 */
export async function openSite(
  files: readonly SourceFile[],
  {
    csp = '',
    policy = `script-src 'self' 'unsafe-inline' ${csp}`,
    flags = [],
  }: { readonly csp?: string; readonly policy?: string; readonly flags?: readonly string[] } = {},
): Promise<Site> {
  const server = serve(files, policy)
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  const browser = await openBrowser(flags)
  const host = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    open: async (path, wait) => {
      const page = await browser.newPage()
      const failed = new Promise<never>((_, reject) => page.on('pageerror', reject))
      const [result] = await Promise.all([Promise.race([wait(page), failed]), page.goto(`${host}/${path}`)])
      return result
    },
    close: async () => {
      await browser.close()
      server.close()
    },
  }
}

export const openBrowser = (flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] })

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
}

function serve(files: readonly SourceFile[], csp: string): Server {
  return createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname.slice(1) || 'index.html'
    const file = files.find(each => each.path === path)
    const type = TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream'
    if (file) response.writeHead(200, { 'content-type': type, 'content-security-policy': csp }).end(file.content)
    else response.writeHead(404).end()
  })
}

/** For `open`: what the page logs first, which is JSON. */
export const logged =
  (timeout: number) =>
  async (page: Page): Promise<unknown> => {
    const message = await page.waitForEvent('console', { predicate: each => each.type() === 'log', timeout })
    return JSON.parse(message.text())
  }
