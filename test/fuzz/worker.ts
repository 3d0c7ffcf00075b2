import type { Driver } from '../gpu.ts'
import { bisect, type Culprit, endlessPass } from './bisect.ts'
import { type Checked, check, type Prepared } from './check.ts'
import { tryFile, tryFiles } from './files/try.ts'
import { generate } from './generate.ts'
import type { Network } from './network.ts'
import { checkC, checkWgsl } from './targets.ts'
import type { Verdict } from './verdict.ts'

/** What a network is compared with, beside the interpreter after every pass. */
export interface Lanes {
  readonly reference: boolean
  readonly wasm: boolean
  /** One of the builds. */
  readonly c?: number
  readonly wgsl?: Driver
}

/** Networks by their seeds, or one as it is. Answered by a `Tried` each, in order, then by `done`. */
export type Job =
  | { readonly kind: 'seeds'; readonly seeds: readonly number[]; readonly lanes: Lanes }
  | { readonly kind: 'network'; readonly network: Network; readonly lanes: Lanes }
  /** Damaged files by their seeds, or one with the seed of its options. */
  | { readonly kind: 'files'; readonly seeds: readonly number[] }
  | { readonly kind: 'file'; readonly seed: number; readonly bytes: Uint8Array }
  | { readonly kind: 'bisect'; readonly network: Network }
  | { readonly kind: 'endless'; readonly network: Network }

export type Answer =
  | { readonly kind: 'tried'; readonly verdict: Verdict; readonly seed?: number }
  /** What a compiler of many files at once says of one that was told before. */
  | { readonly kind: 'amended'; readonly verdict: Verdict; readonly seed: number }
  | { readonly kind: 'culprit'; readonly culprit: Culprit | undefined }
  | { readonly kind: 'endless'; readonly pass: string | undefined }
  | { readonly kind: 'ready' | 'done' }

// A process of its own: what is tried here may never end, use up the memory or abort.
const send = (answer: Answer): void => void process.send!(answer)

process.on('message', (job: Job) => {
  void run(job).then(() => send({ kind: 'done' }))
})
process.on('disconnect', () => process.exit())
send({ kind: 'ready' })

async function run(job: Job): Promise<void> {
  if (job.kind === 'bisect') {
    const culprit = await bisect(job.network).catch(() => undefined)
    return send({ kind: 'culprit', culprit })
  }
  if (job.kind === 'endless') {
    const pass = await endlessPass(job.network).catch(() => undefined)
    return send({ kind: 'endless', pass })
  }
  if (job.kind === 'file') return send({ kind: 'tried', verdict: await tryFile(job.bytes, job.seed) })
  if (job.kind === 'files')
    return tryFiles(
      job.seeds,
      (seed, verdict) => send({ kind: 'tried', seed, verdict }),
      (seed, verdict) => send({ kind: 'amended', seed, verdict }),
    )
  if (job.kind === 'network') {
    const [verdict] = await verdictsOf([await check(job.network, 'net', job.lanes)], job.lanes)
    return send({ kind: 'tried', verdict: verdict! })
  }
  const many = job.lanes.c !== undefined
  const waiting: { readonly seed: number; readonly checked: Checked }[] = []
  for (const seed of job.seeds) {
    const checked = await check(generate(seed).network, `n${seed >>> 0}`, job.lanes)
    if (many) waiting.push({ seed, checked })
    else send({ kind: 'tried', seed, verdict: (await verdictsOf([checked], job.lanes))[0]! })
  }
  const verdicts = await verdictsOf(
    waiting.map(({ checked }) => checked),
    job.lanes,
  )
  for (const [k, { seed }] of waiting.entries()) send({ kind: 'tried', seed, verdict: verdicts[k]! })
}

/** With C and WGSL for those that agree so far. */
async function verdictsOf(all: readonly Checked[], { c, wgsl }: Lanes): Promise<Verdict[]> {
  const ready = all.flatMap(({ prepared }) => (prepared ? [prepared] : []))
  const faults = new Map<Prepared, Verdict | undefined>()
  if (c !== undefined && ready.length > 0)
    for (const [k, fault] of checkC(ready, c).entries()) faults.set(ready[k]!, fault)
  if (wgsl)
    for (const prepared of ready) faults.set(prepared, faults.get(prepared) ?? (await checkWgsl(prepared, wgsl)))
  return all.map(({ verdict, prepared }) => (prepared && faults.get(prepared)) ?? verdict)
}
