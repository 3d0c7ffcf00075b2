// Parcel, as `parcel build index.html` does it.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { finish, project } from './project.js'

const { folder, page, out } = project()
const parcel = createRequire(import.meta.url).resolve('parcel/lib/bin.js')
const flags = [
  '--no-cache',
  '--cache-dir',
  join(folder, '.parcel-cache'),
  '--no-source-maps',
  '--public-url',
  './',
  '--dist-dir',
  out,
  '--config',
  '@parcel/config-default',
]
const { status, stdout, stderr } = spawnSync(process.execPath, [parcel, 'build', page, ...flags], {
  cwd: folder,
  encoding: 'utf8',
})
const lines = `${stdout}${stderr}`.split('\n').filter(line => status !== 0 || /warn|⚠/i.test(line))
finish(lines)
