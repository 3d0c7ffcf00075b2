import { join } from 'node:path'
import { check } from '../fuzz/check.ts'
import { generate } from '../fuzz/generate.ts'
import { complaint, samplesIn } from '../passes/samples.ts'

/** Networks and what should become of each; without it that is what is asked for. */
interface Job {
  readonly networks: number
  readonly expected?: readonly string[]
}

export type Answer = { readonly verdicts: readonly string[] } | { readonly killed?: 'samples' | 'networks' }

process.on('message', (job: Job) => {
  void run(job).then(answer => process.send!(answer))
})

async function run({ networks, expected }: Job): Promise<Answer> {
  if (samplesIn(join(process.cwd(), 'test/passes')).some(isWrong)) return { killed: 'samples' }
  const verdicts: string[] = []
  for (let seed = 1; seed <= networks; seed++) {
    const { verdict } = await check(generate(seed).network, 'net', { reference: false, wasm: false })
    if (expected && expected[seed - 1] !== verdict.kind) return { killed: 'networks' }
    verdicts.push(verdict.kind)
  }
  return expected ? {} : { verdicts }
}

function isWrong(sample: Parameters<typeof complaint>[0]): boolean {
  try {
    return complaint(sample) !== undefined
  } catch {
    return true
  }
}
