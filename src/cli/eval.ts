import { readFile } from 'node:fs/promises'
import type { ConstantPlace } from '../backends/backend.ts'
import { c } from '../backends/c/index.ts'
import { adaptInputs } from '../frontend/adapt-inputs.ts'
import { readModel } from '../frontend/index.ts'
import { showDiagnostic } from '../ir/diagnostic.ts'
import type { Graph } from '../ir/graph.ts'
import { elements, numbersOf } from '../ir/tensor.ts'
import { lower } from '../lower/index.ts'
import { runPasses } from '../passes/pass.ts'
import { pipeline } from '../passes/pipeline.ts'
import type { Plan } from '../plan/plan.ts'
import type { Feeds, Run } from '../verify/runner.ts'
import { version } from '../version.ts'
import { FileError, reasonOf, UsageError } from './fail.ts'
import { feedsFrom } from './feeds.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { readNumpy } from './npy.ts'
import { createCRunner } from './runners/c.ts'

interface Options extends ModelOptions {
  readonly data: string
}

/** `xnorc eval`: the share of samples for which the generated C gives the right class the largest value. */
export async function runEval(path: string, options: Options): Promise<void> {
  // A data set is run sample by sample, whatever the batch of the file.
  const settings = { batch: 1, ...(await compileOptions(path, options)) }
  const model = await readModel(await readModelFile(path), settings)
  const source = adaptInputs(model.graph, settings)
  const { graph, warnings } = runPasses(source, pipeline, { ...settings, operators: model.operators })
  for (const warning of [...model.warnings, ...warnings]) console.error(`warning: ${showDiagnostic(warning)}`)
  const plan = lower(graph, c.lowering)
  const { feeds, labels } = await readSamples(options.data, source, classesOf(plan))
  const runs = await runSamples(plan, feeds, settings.constants)
  const correct = runs.filter((run, i) => predictionOf(run, plan) === labels[i]).length
  const result = { samples: labels.length, correct, accuracy: correct / labels.length }
  if (options.json) console.log(JSON.stringify(result, null, 2))
  else console.log(`${(100 * result.accuracy).toFixed(2)} % of ${labels.length} samples`)
}

/** Values per sample of the first output. */
function classesOf({ inputs, outputs }: Plan): number {
  const batch = inputs[0]?.shape[0] ?? 1
  if (batch !== 1) throw new UsageError(`eval runs one sample at a time, and the model takes ${batch}`)
  return elements(outputs[0]!.shape)
}

/** Samples and the class of each, from the arrays of a .npz file: y or labels, and one for every input. */
async function readSamples(path: string, graph: Graph, classes: number): Promise<{ feeds: Feeds[]; labels: number[] }> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  }
  const arrays = readNumpy(path, bytes)
  const key = ['y', 'labels'].find(name => arrays.has(name))
  if (key === undefined) throw new FileError(`'${path}' has no array 'y' with the class of every sample`)
  const labels = Array.from(arrays.get(key)!.values, Number)
  const feeds = feedsFrom(path, arrays, graph, key)
  if (labels.length === 0) throw new FileError(`'${path}' has no samples`)
  if (labels.length !== feeds.length)
    throw new FileError(`'${path}' has ${feeds.length} samples and ${labels.length} classes`)
  const wrong = labels.find(label => !Number.isInteger(label) || label < 0 || label >= classes)
  if (wrong !== undefined)
    throw new FileError(`'${path}' has the class ${wrong}; the model has classes 0 to ${classes - 1}`)
  return { feeds, labels }
}

async function runSamples(plan: Plan, feeds: readonly Feeds[], constants: ConstantPlace = 'inline'): Promise<Run[]> {
  const runner = createCRunner({ flags: ['-O3'] })
  const program = await runner.build(c.print(plan, { version, constants }), plan, { trace: false })
  try {
    return await program.run(feeds)
  } finally {
    await program.dispose()
  }
}

/** Index of the largest value; none where an index of the sample was out of range. */
function predictionOf({ status, outputs }: Run, plan: Plan): number | undefined {
  if (status !== 0) return undefined
  const values = numbersOf(outputs.get(plan.outputs[0]!.name)!)
  return values.reduce((best, value, k) => (value > values[best]! ? k : best), 0)
}
