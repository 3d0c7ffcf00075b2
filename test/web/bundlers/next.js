// Next.js, as `next build` does it with Turbopack or with webpack: a component on the
// server runs the network, and one in the browser runs main.js.
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finish, project } from './project.js'

const { folder } = project()
const flag = process.argv[3]
// Above it are other lock files; Next asks which folder is the project's.
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const files = {
  'next.config.mjs': `export default { output: 'export', distDir: 'dist', outputFileTracingRoot: ${JSON.stringify(root)}, turbopack: { root: ${JSON.stringify(root)} } }\n`,
  'app/layout.js':
    'export const metadata = { title: \'net\' }\nexport default ({ children }) => <html lang="en"><body>{children}</body></html>\n',
  'app/page.js': `import { load } from '../inline/net.js'
import { image } from '../main.js'
import { Client } from './client.js'
export default async function Page() {
  const { classes } = await (await load()).run({ image })
  return <Client server={[...classes]} />
}
`,
  'app/client.js': `'use client'
import { useEffect } from 'react'
import { main } from '../main.js'
export function Client({ server }) {
  useEffect(() => {
    main(server)
  }, [server])
  return null
}
`,
}
const isOurs = process.argv[4] === '--as-it-is'
if (isOurs) {
  // The project's own configuration, in this folder.
  const name = join(folder, 'next.config.mjs')
  renameSync(name, join(folder, 'own.config.mjs'))
  const where = { outputFileTracingRoot: root, turbopack: { root } }
  writeFileSync(name, `import own from './own.config.mjs'\nexport default { ...own, ...${JSON.stringify(where)} }\n`)
} else {
  mkdirSync(join(folder, 'app'), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}
const next = createRequire(import.meta.url).resolve('next/dist/bin/next')
const { status, stdout, stderr } = spawnSync(process.execPath, [next, 'build', flag], {
  cwd: folder,
  encoding: 'utf8',
  env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
})
// On a build server it warns where no cache is kept from build to build, as here.
const isOfServer = line => line.includes('No build cache found')
finish(`${stdout}${stderr}`.split('\n').filter(line => status !== 0 || (/warn|⚠/i.test(line) && !isOfServer(line))))
