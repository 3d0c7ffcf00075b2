import { readFile } from 'node:fs/promises'
import { loadBackend } from '../backends/registry.ts'
import { showDiagnostic } from '../ir/diagnostic.ts'
import type { Graph } from '../ir/graph.ts'
import { makeFeeds } from '../verify/inputs.ts'
import type { Feeds, Runner } from '../verify/runner.ts'
import { type Verification, verifyModel } from '../verify/verify-model.ts'
import { FileError, reasonOf, UsageError } from './fail.ts'
import { feedsFrom } from './feeds.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { readNumpy } from './npy.ts'
import { openOnnxruntime } from './onnxruntime.ts'
import { createCRunner } from './runners/c.ts'
import { describeVerification } from './show-verification.ts'

interface Options extends ModelOptions {
  readonly target: string
  readonly samples: number
  readonly seed: number
  readonly input?: string
  readonly tolerance: number
}

/** Targets whose generated code can be built and run here. */
const runners: Readonly<Record<'c', () => Runner>> = { c: () => createCRunner() }

/** `xnorc verify`: exit status 1 where the generated code computes something else than the model. */
export async function runVerify(path: string, options: Options): Promise<number> {
  const target = Object.keys(runners).find(name => name === options.target) as keyof typeof runners | undefined
  if (!target)
    throw new UsageError(`target '${options.target}' cannot be verified; supported: ${Object.keys(runners).join(', ')}`)
  const bytes = await readModelFile(path)
  const onnxruntime = await openOnnxruntime(bytes)
  const verification = await verifyModel(bytes, {
    ...(await compileOptions(path, options)),
    backend: await loadBackend(target),
    runner: runners[target](),
    feeds: await feedSource(options),
    references: typeof onnxruntime === 'string' ? [] : [onnxruntime],
    tolerance: options.tolerance,
    progress: showProgress,
  })
  for (const warning of verification.warnings) console.error(`warning: ${showDiagnostic(warning)}`)
  if (typeof onnxruntime === 'string') console.error(`note: not compared with onnxruntime: ${onnxruntime}`)
  console.log(options.json ? showJson(verification) : describeVerification(verification))
  return verification.ok ? 0 : 1
}

async function feedSource({ input, samples, seed }: Options): Promise<(graph: Graph) => readonly Feeds[]> {
  if (input === undefined) return graph => Array.from({ length: samples }, (_, k) => makeFeeds(graph, seed + k))
  let bytes: Uint8Array
  try {
    bytes = await readFile(input)
  } catch (error) {
    throw new FileError(`cannot read '${input}': ${reasonOf(error)}`)
  }
  const arrays = readNumpy(input, bytes)
  return graph => feedsFrom(input, arrays, graph)
}

function showProgress(sample: number, samples: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rsample ${sample + 1} of ${samples} \r`)
}

/** JSON has no NaN and no infinity: they are written as strings. */
const showJson = (verification: Verification): string =>
  JSON.stringify(
    verification,
    (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value),
    2,
  )
