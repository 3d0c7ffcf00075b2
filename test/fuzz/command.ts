import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { hasDriver } from '../gpu.ts'
import { writeCase } from './cases.ts'
import { tryDamagedFiles } from './files/command.ts'
import { classify, type Finding, investigate } from './investigate.ts'
import { Laboratory } from './laboratory.ts'
import { describe } from './network.ts'
import { type Fault, isFault, keyOf, type Verdict } from './verdict.ts'
import type { Lanes } from './worker.ts'

const usage = `npm run fuzz -- [--minutes N] [--networks N] [--seed S] [--each N] [--out FOLDER] [--compiler FOLDER] [--lanes wasm,c,wgsl]
  --minutes   how long (1 unless --networks is given)
  --networks  how many
  --seed      where the networks come from; the day by default, printed
  --each      how many faults of a kind are reduced (1)
  --out       folder for the reduced networks (out/fuzz)
  --files     damaged files instead of networks: how many; 'any' for as many as fit into the minutes
  --compiler  another checkout whose src/ is tried
  --lanes     targets beside the interpreter and onnxruntime, all by default; none is ''`

/** How many networks go to a process at once, and to one C program. */
const [BLOCK, PROGRAM] = [50, 6]
/** Milliseconds without an answer after which a network counts as never ending. */
const [LIMIT, BUILD] = [6000, 240_000]
/** Parts of the time that the slow targets get. */
const SHARES = { c: 0.3, wgsl: 0.12 }

interface Tally {
  tried: number
  agreed: number
  referenced: number
  elements: number
  exact: number
  compiled: number
  drawn: number
  readonly refused: Map<string, number>
  readonly ops: Map<string, number>
  readonly faults: Map<string, { count: number; after: number; fault: Fault; findings: Finding[] }>
}

/** The command line. Exit status 1 where a fault was found. */
export async function main(worker: string, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string' },
      networks: { type: 'string' },
      seed: { type: 'string' },
      each: { type: 'string', default: '1' },
      out: { type: 'string', default: 'out/fuzz' },
      files: { type: 'string' },
      compiler: { type: 'string' },
      lanes: { type: 'string', default: 'wasm,c,wgsl' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const seed = Number(values.seed ?? new Date().toISOString().slice(0, 10).replaceAll('-', ''))
  const most = Number(values.networks ?? Infinity)
  const minutes = Number(values.minutes ?? (values.networks ? Infinity : 1))
  if (![seed, most, minutes, Number(values.each)].every(value => value > 0)) throw new Error(`not a number\n${usage}`)
  console.log(`fuzz: seed ${seed}`)
  if (values.files !== undefined) {
    const count = values.files === 'any' ? Infinity : Number(values.files)
    if (!(count > 0)) throw new Error(`not a number\n${usage}`)
    const limit = Number(values.minutes ?? (count === Infinity ? 1 : Infinity))
    return tryDamagedFiles(worker, { seed, count, minutes: limit, out: values.out })
  }
  const tally: Tally = {
    tried: 0,
    agreed: 0,
    referenced: 0,
    elements: 0,
    exact: 0,
    compiled: 0,
    drawn: 0,
    refused: new Map(),
    ops: new Map(),
    faults: new Map(),
  }
  const laboratory = new Laboratory(worker)
  const start = performance.now()
  const spent = { c: 0, wgsl: 0 }
  const lanes = values.lanes.split(',')
  const seedOf = (network: number): number => Math.imul(seed, 0x9e3779b1) + network
  const after = (found: number): number => ((found - seedOf(0)) | 0) + 1
  const elapsed = () => performance.now() - start

  const take = async (found: number, verdict: Verdict, used: Lanes): Promise<void> => {
    if (!isFault(verdict)) return
    const fault = await classify(laboratory, found, verdict)
    const key = keyOf(fault)
    const known = tally.faults.get(key) ?? { count: 0, after: after(found), fault, findings: [] }
    tally.faults.set(key, known)
    known.count++
    if (known.findings.length >= Number(values.each)) return
    const finding = await investigate(laboratory, found, fault, used)
    known.findings.push(finding)
    const name = `${key.replace(/[^a-z0-9]+/gi, '-').slice(0, 60)}-${finding.seed >>> 0}`
    const path = writeCase(values.out, name, finding.network, finding.fault, finding.culprit, true)
    console.log(`\n${showFinding(key, known.after, finding)}\n  ${join(path)}.json, .onnx`)
  }
  const tryBlock = async (count: number, used: Lanes, limit: number, again?: number): Promise<void> => {
    const first = again ?? tally.tried
    const faults: [number, Verdict][] = []
    await laboratory.trySeeds(
      Array.from({ length: count }, (_, k) => seedOf(first + k)),
      used,
      limit,
      (each, verdict) => {
        if (again === undefined) record(tally, verdict)
        if (isFault(verdict)) faults.push([each, verdict])
      },
    )
    for (const [each, verdict] of faults) await take(each, verdict, used)
  }
  let builds = 0
  while (tally.tried < most && elapsed() < minutes * 60_000) {
    const first = tally.tried
    // Each module takes as long as all the rest of a network.
    const wasm = lanes.includes('wasm') && (first / BLOCK) % 3 === 0
    await tryBlock(Math.min(BLOCK, most - first), { reference: true, wasm }, LIMIT)
    const timed = async (lane: keyof typeof SHARES, action: () => Promise<void>): Promise<void> => {
      if (!lanes.includes(lane) || spent[lane] > SHARES[lane] * elapsed()) return
      const before = performance.now()
      await action()
      spent[lane] += performance.now() - before
    }
    await timed('c', async () => {
      await tryBlock(PROGRAM, { reference: false, wasm: false, c: builds++ }, BUILD, first)
      tally.compiled += PROGRAM
    })
    await timed('wgsl', async () => {
      const drivers = (['null', 'swiftshader', 'gles'] as const).filter(hasDriver)
      await tryBlock(PROGRAM, { reference: false, wasm: false, wgsl: drivers[builds % drivers.length]! }, BUILD, first)
      tally.drawn += PROGRAM
    })
    progress(tally, elapsed())
  }
  laboratory.close()
  console.log(`\n${summary(tally, seed, elapsed())}`)
  return tally.faults.size > 0 ? 1 : 0
}

function record(tally: Tally, verdict: Verdict): void {
  tally.tried++
  if (verdict.kind === 'refused') tally.refused.set(verdict.code, (tally.refused.get(verdict.code) ?? 0) + 1)
  if (verdict.kind !== 'agrees') return
  tally.agreed++
  tally.referenced += Number(verdict.reference)
  tally.elements += verdict.elements
  tally.exact += verdict.exact
  for (const [op, count] of Object.entries(verdict.layers)) tally.ops.set(op, (tally.ops.get(op) ?? 0) + count)
}

function progress({ tried, agreed, faults }: Tally, milliseconds: number): void {
  const line = `${tried} networks, ${agreed} agree, ${faults.size} kinds of faults, ${Math.round((tried / milliseconds) * 60_000)} a minute`
  if (process.stdout.isTTY) process.stdout.write(`\r${line}   `)
  else if (tried % 1000 < BLOCK) console.log(line)
}

function showFinding(key: string, after: number, { fault, network, culprit, nodes }: Finding): string {
  const by = culprit ? `  by rewrite ${culprit.rewrite}, in ${culprit.pass}\n` : ''
  const text = describe(network).replace(/^/gm, '    ')
  return `${key}, after ${after} networks, reduced from ${nodes} to ${network.nodes.length} nodes\n  ${fault.message.slice(0, 300)}\n${by}${text}`
}

/** What can be pasted into an issue. */
function summary(tally: Tally, seed: number, milliseconds: number): string {
  const list = (map: ReadonlyMap<string, number>) =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none'
  const refused = [...tally.refused.values()].reduce((sum, count) => sum + count, 0)
  const faults = [...tally.faults].map(([key, { count, after, findings }]) => {
    const sizes = findings.map(({ network, nodes }) => `${nodes} → ${network.nodes.length} nodes`).join(', ')
    return `| ${key.replaceAll('|', '/')} | ${count} | ${after} | ${sizes} |`
  })
  return [
    `### ${tally.tried} networks of seed ${seed} in ${(milliseconds / 60_000).toFixed(1)} minutes`,
    '',
    `${tally.agreed} agree (${tally.referenced} with onnxruntime, ${tally.compiled} tried as C, ${tally.drawn} as WGSL), ${refused} refused, ${[...tally.faults.values()].reduce((sum, { count }) => sum + count, 0)} with faults.`,
    `${((100 * tally.exact) / Math.max(tally.elements, 1)).toFixed(1)} % of ${tally.elements} numbers had to be equal bit for bit.`,
    `Kernels: ${list(tally.ops)}.`,
    `Refused: ${list(tally.refused)}.`,
    ...(faults.length > 0
      ? ['', '| fault | times | first after | reduced |', '| --- | --- | --- | --- |', ...faults]
      : ['No faults.']),
  ].join('\n')
}
