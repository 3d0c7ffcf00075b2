import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Laboratory } from '../laboratory.ts'
import { type Fault, isFault, keyOf, type Verdict } from '../verdict.ts'
import { tryCommand } from './command-line.ts'
import { damageOf, fileOf } from './damage.ts'
import { reduceFile } from './reduce.ts'
import { makeFolder } from './try.ts'

export interface Request {
  readonly seed: number
  readonly count: number
  readonly minutes: number
  /** Folder for the reduced files. */
  readonly out: string
}

/** Files that go to a process at once, and of how many one goes through the command line. */
const [BLOCK, COMMAND] = [100, 400]
/** Milliseconds of work without an answer after which a file counts as never ending: a driver takes 36 s for 500 kernels. */
const LIMIT = 90_000
/** Tries and milliseconds that reducing a file may take. */
const REDUCING = { tries: 600, time: 20_000 }

interface Found {
  count: number
  readonly after: number
  readonly fault: Fault
  readonly from: number
  readonly to: number
}

/** Damaged files until there are `count` or the time is over. Exit status 1 where a fault was found. */
export async function tryDamagedFiles(worker: string, { seed, count, minutes, out }: Request): Promise<number> {
  const laboratory = new Laboratory(worker)
  const [compiled, refused, faults] = [new Map<string, number>(), new Map<string, number>(), new Map<string, Found>()]
  const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)
  const start = performance.now()
  const elapsed = () => performance.now() - start
  const seedOf = (file: number): number => Math.imul(seed, 0x9e3779b1) + file
  const folder = makeFolder()
  let [tried, commands] = [0, 0]

  const take = async (each: number, fault: Fault): Promise<void> => {
    const key = keyOf(fault)
    const known = faults.get(key)
    if (known) {
      known.count++
      return
    }
    const damage = damageOf(each)
    const end = performance.now() + REDUCING.time
    let tries = 0
    const isOver = () => performance.now() > end || tries > REDUCING.tries
    const fails = async (candidate: Uint8Array): Promise<boolean> => {
      if (isOver()) return false
      tries++
      if (fault.stage === 'command line')
        return keyOf(tryCommand(cliOf(worker), folder, candidate, each) ?? none) === key
      const verdict = await laboratory.tryFile(candidate, each, LIMIT / 9)
      return isFault(verdict) && keyOf(verdict) === key
    }
    const bytes = await reduceFile(damage, fails, isOver)
    faults.set(key, { count: 1, after: each - seedOf(0) + 1, fault, from: fileOf(damage).length, to: bytes.length })
    mkdirSync(out, { recursive: true })
    const path = join(out, `${key.replace(/[^a-z0-9]+/gi, '-').slice(0, 60)}-${each >>> 0}.onnx`)
    writeFileSync(path, bytes)
    const changes = damage.changes.map(({ kind }) => kind).join(', ')
    console.log(
      `\n${key}, after ${tried} files, of ${damage.base.origin} by ${changes}\n  ${fault.message.slice(0, 300)}\n  ${path}`,
    )
  }

  while (tried < count && elapsed() < minutes * 60_000) {
    const seeds = Array.from({ length: Math.min(BLOCK, count - tried) }, (_, k) => seedOf(tried + k))
    const found: [number, Fault][] = []
    await laboratory.tryFiles(seeds, LIMIT, (each, verdict: Verdict) => {
      if (isFault(verdict)) found.push([each, verdict])
      else if (verdict.kind === 'refused') add(refused, verdict.code)
      else if (verdict.kind === 'compiled') add(compiled, verdict.target)
    })
    tried += seeds.length
    if (tried % COMMAND < BLOCK) {
      commands++
      const fault = tryCommand(cliOf(worker), folder, fileOf(damageOf(seeds[0]!)), seeds[0]!)
      if (fault) found.push([seeds[0]!, fault])
    }
    for (const [each, fault] of found) await take(each, fault)
    const line = `${tried} files, ${sum(compiled)} compile, ${faults.size} kinds of faults, ${Math.round((tried / elapsed()) * 60_000)} a minute`
    if (process.stdout.isTTY) process.stdout.write(`\r${line}   `)
    else if (tried % 2000 < BLOCK) console.log(line)
  }
  laboratory.close()
  rmSync(folder, { recursive: true })
  const rows = [...faults].map(
    ([key, { count, after, from, to }]) =>
      `| ${key.replaceAll('|', '/')} | ${count} | ${after} | ${from} → ${to} bytes |`,
  )
  console.log(
    [
      `\n### ${tried} damaged files of seed ${seed} in ${(elapsed() / 60_000).toFixed(1)} minutes`,
      '',
      `${sum(compiled)} compile (${list(compiled)}), ${sum(refused)} are refused, ${commands} were also tried on the command line.`,
      `Refused: ${list(refused)}.`,
      ...(rows.length > 0
        ? ['', '| fault | times | first after | reduced |', '| --- | --- | --- | --- |', ...rows]
        : ['No faults.']),
    ].join('\n'),
  )
  return faults.size > 0 ? 1 : 0
}

const none: Fault = { kind: 'error', stage: 'none', message: '' }

/** The bundle of the command line lies beside that of the worker. */
const cliOf = (worker: string): string => join(dirname(worker), 'cli.mjs')

const sum = (map: ReadonlyMap<string, number>): number => [...map.values()].reduce((all, count) => all + count, 0)
const list = (map: ReadonlyMap<string, number>): string =>
  [...map]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'
