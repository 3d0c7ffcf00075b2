import { type Target, targets } from '../backends/registry.ts'
import { withoutEffect } from '../check-options.ts'
import { compileTargets } from '../compile-targets.ts'
import { storageOf } from '../lower/draft.ts'
import { specOf, typed } from '../options.ts'
import { bytesOf } from '../plan/arena.ts'
import type { Summary } from '../summary.ts'
import { type Budget, checkBudget } from './budget.ts'
import { fail, UsageError } from './fail.ts'
import { printJson } from './json.ts'
import { readLabels } from './labels.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { showBytes, showTotals } from './show.ts'
import { printWarnings } from './terminal.ts'
import { watch } from './watch.ts'
import { writeFiles } from './write-files.ts'

interface Options extends ModelOptions, Budget {
  readonly target: string
  readonly out: string
  readonly depfile?: string
  readonly labels?: string
  /** The configuration file that options came from. */
  readonly config?: string
}

/** `xnorc compile`: nothing is written unless every target compiles. `found` hears of every file that is read. */
export async function runCompile(
  path: string,
  options: Options,
  found: (file: string) => void = () => {},
): Promise<void> {
  const chosen = parseTargets(options.target)
  const inputs = new Set<string>()
  const add = (file: string) => {
    inputs.add(file)
    found(file)
  }
  for (const file of [path, options.config]) if (file !== undefined) add(file)
  const bytes = await readModelFile(path)
  const all = {
    ...(await compileOptions(path, options, add)),
    ...(options.labels === undefined ? {} : { labels: await readLabels(options.labels, add) }),
  }
  const [useless] = withoutEffect(chosen, all)
  if (useless)
    throw new UsageError(
      `${typed(useless, all[useless as keyof typeof all])} is for the target ${specOf(useless).targets}`,
    )
  const { files, summaries, warnings } = await compileTargets(bytes, { ...all, targets: chosen })
  for (const summary of summaries) checkBudget(options, demandOf(summary))
  await writeFiles(files, { folder: options.out, depfile: options.depfile, inputs: [...inputs] })
  printWarnings(warnings)
  if (options.json) printJson('compile', summaries.length === 1 ? summaries[0]! : summaries)
  else for (const summary of summaries) console.error(describe(summary, options.out))
}

/** `--watch`: compiles again whenever a file changes that the last run read, and says what is wrong meanwhile. */
export const watchCompile = (path: string, options: Options, signal?: AbortSignal): Promise<void> =>
  watch(
    path,
    async () => {
      const files = new Set([path])
      await runCompile(path, options, file => files.add(file)).catch(fail)
      console.error(`watching ${[...files].join(', ')}`)
      return [...files]
    },
    signal,
  )

function parseTargets(list: string): Target[] {
  const names = [...new Set(list.split(',').map(name => name.trim()))]
  return names.map(name => {
    const target = targets.find(known => known === name)
    if (!target) throw new UsageError(`there is no target '${name}'; the targets are ${targets.join(', ')}`)
    return target
  })
}

/** Of a target: constants, and the workspace with inputs and outputs. */
function demandOf({ layers, constantBytes, workspaceBytes, inputs, outputs }: Summary) {
  const ports = [...inputs, ...outputs].map(port => ({ name: port.name, bytes: bytesOf(storageOf(port)) }))
  return {
    flash: { bytes: constantBytes, parts: layers },
    ram: {
      bytes: workspaceBytes + ports.reduce((sum, { bytes }) => sum + bytes, 0),
      parts: [...layers.map(({ name, workspaceBytes: bytes }) => ({ name, bytes })), ...ports],
    },
  }
}

const describe = (summary: Summary, folder: string): string =>
  `${summary.files.join(', ')} in ${folder}: ${showTotals(summary)}, ${showBytes(summary.workspaceBytes)} workspace`
