import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Laboratory } from './laboratory.ts'
import type { Verdict } from './verdict.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-laboratory-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Milliseconds of work between two answers. */
const LIMIT = 1000

/** Seed 1 waits for its turn, 2 never ends; what comes after the last takes its time too. */
const worker = `
const wait = () => new Promise(resolve => setTimeout(resolve, 1.5 * ${LIMIT}))
process.on('message', async ({ seeds }) => {
  for (const seed of seeds) {
    if (seed === 1) await wait()
    while (seed === 2);
    process.send({ kind: 'tried', seed, verdict: { kind: 'compiled', target: 'c' } })
  }
  await wait()
  process.send({ kind: 'done' })
})
process.on('disconnect', () => process.exit())
process.send({ kind: 'ready' })
`

test('a process hangs that computes without an answer, not one that waits', { timeout: 240_000 }, async () => {
  const path = join(folder, 'worker.mjs')
  writeFileSync(path, worker)
  const laboratory = new Laboratory(path)
  const found = new Map<number, Verdict['kind']>()
  try {
    await laboratory.tryFiles([0, 1, 2, 3], LIMIT, (seed, { kind }) => found.set(seed, kind))
  } finally {
    laboratory.close()
  }
  expect([...found]).toEqual([
    [0, 'compiled'],
    [1, 'compiled'],
    [2, 'hang'],
    [3, 'compiled'],
  ])
})
