import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { isasOf } from '../backends/c/index.ts'
import { benchC } from '../bench/c.ts'
import type { CompileOptions } from '../compile.ts'
import { type Gathered, gather, type ReportOptions, type StepTimes } from '../report/data/gather.ts'
import { compiledMachine, interpretingMachine } from '../report/data/machine.ts'
import { renderPage } from '../report/page/page.ts'
import { createCRunner } from '../run/c.ts'
import { buildC, buildsC, findCompiler } from '../run/compiler.ts'
import { ToolError } from '../run/tool-error.ts'
import { classesOf, openDataSet, readAll } from './data/index.ts'
import { FileError, reasonOf, UsageError } from './fail.ts'
import { readLabels } from './labels.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { createProgress } from './progress.ts'
import { showBytes } from './show.ts'
import { printWarnings } from './terminal.ts'
import { parseTrainingLog } from './training-log.ts'
import { writeFiles } from './write-files.ts'

interface Options extends ModelOptions {
  readonly out: string
  readonly data?: string
  readonly float?: string
  readonly sample: readonly number[]
  readonly words?: string
  readonly labels?: string
  readonly log?: string
  readonly time?: boolean
}

/** `xnorc report`: a page that shows a network from the inside, and a JSON file with every figure on it. */
export async function runReport(path: string, options: Options): Promise<void> {
  if (!options.out.endsWith('.html')) throw new UsageError(`--out ${options.out}: the page is a file NAME.html`)
  if (options.float !== undefined && options.data === undefined)
    throw new UsageError('--float compares accuracies: it needs --data')
  const bytes = await readModelFile(path)
  const inputs = new Set(
    [path, options.data, options.float, options.words, options.log].filter(file => file !== undefined),
  )
  // A data set is run sample by sample, whatever the batch of the file.
  const settings = {
    batch: 1,
    ...(await compileOptions(path, options, file => inputs.add(file))),
    ...(options.labels === undefined ? {} : { labels: await readLabels(options.labels, file => inputs.add(file)) }),
  }
  const words = options.words === undefined ? undefined : (await readText(options.words)).trimEnd().split(/\r?\n/)
  const progress = createProgress()
  let gathered: Gathered
  try {
    gathered = await gather(bytes, {
      ...settings,
      ...(options.data === undefined ? {} : { data: dataFrom(options.data) }),
      ...(options.float === undefined
        ? {}
        : { twin: await readTwin(options.float, options, file => inputs.add(file)) }),
      ...(options.log === undefined ? {} : { training: await readLog(options.log) }),
      shown: options.sample,
      machine: chooseMachine,
      progress: progress.show,
      ...(options.time === true ? { time: () => timeSteps(bytes, settings, progress.show) } : {}),
    })
  } finally {
    progress.end()
  }
  const { report, network } = gathered
  const page = renderPage(gathered, words)
  const name = basename(options.out, '.html')
  await writeFiles(
    [
      { path: `${name}.html`, content: page },
      { path: `${name}.json`, content: `${JSON.stringify(report, null, 1)}\n` },
    ],
    { folder: dirname(options.out), inputs: [...inputs] },
  )
  printWarnings(network.warnings)
  console.error(`${name}.html (${showBytes(page.length)}), ${name}.json in ${dirname(options.out)}`)
}

/** A twin has no signs, so exact weights leave every layer as it is: it needs no other runtime. */
async function readTwin(path: string, options: Options, found: (file: string) => void) {
  const { dumpIr, printAfter, timing, name, labels, ...rest } = options
  const exact = { ...rest, weights: 'exact', binarize: 'auto' } as const
  return { bytes: await readModelFile(path), options: { batch: 1, ...(await compileOptions(path, exact, found)) } }
}

const dataFrom =
  (path: string): NonNullable<ReportOptions['data']> =>
  async ({ source, lowered }) => {
    const data = await openDataSet(path, source, classesOf(lowered.plan))
    return { source: basename(path), labels: data.labels, feeds: await readAll(data) }
  }

/** The generated C, or the interpreter where nothing builds C here. */
async function chooseMachine() {
  try {
    await buildsC()
    return { machine: compiledMachine(createCRunner({ flags: ['-O3'] })) }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return { machine: interpretingMachine, note: error.message }
  }
}

/** Every step with each instruction set that this machine has, the best first; about a second and a build for each. */
async function timeSteps(
  bytes: Uint8Array,
  settings: Omit<CompileOptions, 'target'>,
  show: ReturnType<typeof createProgress>['show'],
): Promise<StepTimes[]> {
  const compiler = findCompiler()
  const times: StepTimes[] = []
  const sets = isasOf(process.arch)
  for (const [k, wanted] of sets.entries()) {
    show('measuring', k, sets.length)
    const { isa, layers } = await benchC(bytes, {
      ...settings,
      observe: () => {},
      isa: [wanted],
      constants: 'file',
      milliseconds: 500,
      build: (args, folder) => buildC(compiler, args, folder),
      reference: async () => 'only the generated code is measured',
    })
    // A machine without it runs the portable code, which is measured once, as the last.
    if (isa !== wanted) continue
    const steps = layers.map(({ microseconds, peakShare }) => ({
      microseconds,
      ...(peakShare === undefined ? {} : { peakShare }),
    }))
    times.push({ isa, steps })
  }
  return times
}

const readLog = async (path: string): Promise<NonNullable<ReportOptions['training']>> => ({
  source: basename(path),
  epochs: parseTrainingLog(path, await readText(path)),
})

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  }
}
