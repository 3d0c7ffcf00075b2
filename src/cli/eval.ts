import type { ConstantPlace } from '../backends/backend.ts'
import { c } from '../backends/c/index.ts'
import { numbersOf } from '../ir/tensor.ts'
import { lower } from '../lower/index.ts'
import type { Plan } from '../plan/plan.ts'
import { prepare } from '../prepare.ts'
import { createCRunner } from '../run/c.ts'
import type { Feeds, Run } from '../run/runner.ts'
import { version } from '../version.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { createProgress } from './progress.ts'
import { classesOf, readSamples } from './samples.ts'
import { printWarnings } from './terminal.ts'

interface Options extends ModelOptions {
  readonly data: string
}

/** `xnorc eval`: the share of samples for which the generated C gives the right class the largest value. */
export async function runEval(path: string, options: Options): Promise<void> {
  // A data set is run sample by sample, whatever the batch of the file.
  const settings = { batch: 1, ...(await compileOptions(path, options)) }
  const { source, graph, warnings } = await prepare(await readModelFile(path), settings)
  printWarnings(warnings)
  const plan = lower(graph, c.lowering)
  const { feeds, labels } = await readSamples(options.data, source, classesOf(plan))
  const runs = await runSamples(plan, feeds, settings.constants)
  const correct = runs.filter((run, i) => predictionOf(run, plan) === labels[i]).length
  const result = { samples: labels.length, correct, accuracy: correct / labels.length }
  if (options.json) console.log(JSON.stringify(result, null, 2))
  else console.log(`${(100 * result.accuracy).toFixed(2)} % of ${labels.length} samples`)
}

/** Samples from one look at the progress to the next. */
const AT_ONCE = 500

async function runSamples(plan: Plan, feeds: readonly Feeds[], constants: ConstantPlace = 'inline'): Promise<Run[]> {
  const runner = createCRunner({ flags: ['-O3'] })
  const program = await runner.build(c.print(plan, { version, constants }), plan, { trace: false })
  const progress = createProgress()
  try {
    const runs: Run[] = []
    for (let first = 0; first < feeds.length; first += AT_ONCE) {
      progress.show('running samples', first, feeds.length)
      runs.push(...(await program.run(feeds.slice(first, first + AT_ONCE))))
    }
    return runs
  } finally {
    progress.end()
    await program.dispose()
  }
}

/** Index of the largest value; none where an index of the sample was out of range. */
function predictionOf({ status, outputs }: Run, plan: Plan): number | undefined {
  if (status !== 0) return undefined
  const values = numbersOf(outputs.get(plan.outputs[0]!.name)!)
  return values.reduce((best, value, k) => (value > values[best]! ? k : best), 0)
}
