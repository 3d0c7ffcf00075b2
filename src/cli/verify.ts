import { readFile } from 'node:fs/promises'
import { loadBackend } from '../backends/registry.ts'
import type { Graph } from '../ir/graph.ts'
import { makeFeeds, specialFeeds } from '../run/inputs.ts'
import type { Feeds, Runner } from '../run/runner.ts'
import { openOnnxruntime } from '../verify/onnxruntime.ts'
import { type Verification, verifyModel } from '../verify/verify-model.ts'
import { feedsFrom } from './data/feeds.ts'
import { readNumpy } from './data/npy.ts'
import { FileError, reasonOf, UsageError } from './fail.ts'
import { printJson } from './json.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { createProgress } from './progress.ts'
import { describeVerification } from './show-verification.ts'
import { printWarnings } from './terminal.ts'

interface Options extends ModelOptions {
  /** One or several, separated by commas. */
  readonly target: string
  readonly samples: number
  readonly seed: number
  readonly input?: string
  readonly tolerance: number
}

/** What builds and runs the generated code of each target here. */
const runners = {
  c: async () => (await import('../run/c.ts')).createCRunner(),
  wasm: async () => (await import('../run/wasm.ts')).createWasmRunner(),
  wgsl: async () => (await import('../run/wgsl.ts')).createWgslRunner(),
} as const satisfies Record<string, () => Promise<Runner>>

type Target = keyof typeof runners

/** `xnorc verify`: exit status 1 where the generated code computes something else than the model. */
export async function runVerify(path: string, options: Options): Promise<number> {
  const targets = targetsOf(options.target)
  if (options.relaxedSimd && !targets.includes('wasm')) throw new UsageError('--relaxed-simd is for the target wasm')
  const bytes = await readModelFile(path)
  const chosen = await compileOptions(path, options)
  const onnxruntime = await openOnnxruntime(bytes, chosen.readExternal)
  const feeds = await feedSource(options)
  const verifications: Verification[] = []
  const progress = createProgress()
  try {
    for (const target of targets)
      verifications.push(
        await verifyModel(bytes, {
          ...chosen,
          backend: await loadBackend(target),
          runner: await runners[target](),
          feeds,
          references: typeof onnxruntime === 'string' ? [] : [onnxruntime],
          tolerance: options.tolerance,
          progress: (sample, samples) => progress.show(`${target}, comparing samples`, sample, samples),
        }),
      )
  } finally {
    progress.end()
  }
  const [first] = verifications
  printWarnings(first!.warnings)
  const reasons = typeof onnxruntime === 'string' ? [onnxruntime] : first!.notCompared
  for (const reason of reasons) console.error(`note: not compared with onnxruntime: ${reason}`)
  if (options.json) printJson('verify', verifications.length === 1 ? first! : verifications)
  else console.log(verifications.map(describeVerification).join('\n\n'))
  return verifications.every(({ ok }) => ok) ? 0 : 1
}

function targetsOf(list: string): Target[] {
  const names = [...new Set(list.split(',').map(name => name.trim()))]
  return names.map(name => {
    const target = (Object.keys(runners) as Target[]).find(each => each === name)
    if (!target)
      throw new UsageError(`target '${name}' cannot be verified; supported: ${Object.keys(runners).join(', ')}`)
    return target
  })
}

async function feedSource({ input, samples, seed }: Options): Promise<(graph: Graph) => readonly Feeds[]> {
  if (input === undefined)
    return graph => [...Array.from({ length: samples }, (_, k) => makeFeeds(graph, seed + k)), ...specialFeeds(graph)]
  let bytes: Uint8Array
  try {
    bytes = await readFile(input)
  } catch (error) {
    throw new FileError(`cannot read '${input}': ${reasonOf(error)}`)
  }
  const arrays = readNumpy(input, bytes)
  return graph => feedsFrom(input, arrays, graph)
}
