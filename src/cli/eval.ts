import type { ConstantPlace } from '../backends/backend.ts'
import { c } from '../backends/c/index.ts'
import { lower } from '../lower/index.ts'
import type { Plan } from '../plan/plan.ts'
import { prepare } from '../prepare.ts'
import { createCRunner } from '../run/c.ts'
import { createJudge, type Judge } from '../run/judge.ts'
import { version } from '../version.ts'
import { classesOf, type DataSet, openDataSet } from './data/index.ts'
import { printJson } from './json.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { createProgress } from './progress.ts'
import { printWarnings } from './terminal.ts'

interface Options extends ModelOptions {
  readonly data: string
}

/** `xnorc eval`: the share of samples for which the generated C gives the right class the largest value, and the loss. */
export async function runEval(path: string, options: Options): Promise<void> {
  // A data set is run sample by sample, whatever the batch of the file.
  const settings = { batch: 1, ...(await compileOptions(path, options)) }
  const { source, graph, warnings } = await prepare(await readModelFile(path), settings)
  printWarnings(warnings)
  const plan = lower(graph, c.lowering)
  const classes = classesOf(plan)
  const data = await openDataSet(options.data, source, classes)
  const judge = createJudge(data.labels, classes)
  await runSamples(plan, data, judge, settings.constants)
  const { loss, accuracy } = judge.result()
  const samples = data.count
  const correct = data.labels.filter((label, sample) => judge.predictions[sample] === label).length
  const outOfRange = samples - judge.predictions.filter(each => each !== undefined).length
  if (options.json) printJson('eval', { samples, correct, accuracy, loss, outOfRange })
  else
    console.log(
      `${(100 * accuracy).toFixed(2)} % of ${samples} samples, loss ${loss.toPrecision(4)}${outOfRange > 0 ? `; ${outOfRange} have an index out of range` : ''}`,
    )
}

/** Samples from one look at the progress to the next. */
const AT_ONCE = 500

async function runSamples(plan: Plan, data: DataSet, judge: Judge, constants: ConstantPlace = 'inline'): Promise<void> {
  const runner = createCRunner({ flags: ['-O3'] })
  const program = await runner.build(c.print(plan, { version, constants }), plan, { trace: false })
  const { name } = plan.outputs[0]!
  const progress = createProgress()
  let done = 0
  try {
    for await (const feeds of data.chunks(AT_ONCE)) {
      progress.show('running samples', done, data.count)
      const runs = await program.run(feeds)
      for (const [k, { status, outputs }] of runs.entries()) if (status === 0) judge.add(outputs.get(name)!, done + k)
      done += feeds.length
    }
  } finally {
    progress.end()
    await program.dispose()
  }
}
