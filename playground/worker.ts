import { wasm } from '../src/backends/wasm/index.ts'
import { checkBytes, checkOptions } from '../src/check-options.ts'
import { printTarget } from '../src/compile.ts'
import { CompileError, showDiagnostic } from '../src/ir/diagnostic.ts'
import { numbersOf } from '../src/ir/tensor.ts'
import { lower, lowerWithNodes } from '../src/lower/index.ts'
import { commandLineOf } from '../src/options.ts'
import { type Prepared, prepare } from '../src/prepare.ts'
import { compareFilters, filtersOf } from '../src/report/data/filters.ts'
import { gramsOf } from '../src/report/data/grams.ts'
import { probedGraph } from '../src/report/data/probe.ts'
import { activationsOf } from '../src/report/data/samples.ts'
import { stagesOf } from '../src/report/data/stages.ts'
import { filterPicture } from '../src/report/page/filters.ts'
import { mapsOf, partsOf } from '../src/report/page/maps.ts'
import { makeFeeds } from '../src/run/inputs.ts'
import { version } from '../src/version.ts'
import { openProgram, type Program } from './program.ts'
import type { Answer, Calls, Choices, Compiled, Feeds, Question, Race } from './protocol.ts'
import { openRace, timed } from './race.ts'

/** Pictures of more weights than this take longer than a look at them. */
const MOST_WEIGHTS = 2 ** 19

/** The model that was compiled last. */
interface Current {
  readonly bytes: Uint8Array
  readonly options: Choices & { readonly name: string }
  readonly prepared: Prepared
  readonly program: Program
  readonly stages: ReturnType<typeof stagesOf>
  /** With an output for every kernel; made when someone looks. */
  probed?: Program
  feeds?: Feeds
  race?: () => Promise<Race>
}

let current: Current | undefined

function compiled(): Current {
  if (!current) throw new Error('nothing is compiled yet')
  return current
}

const calls: Calls = {
  async compile(bytes, name, choices) {
    current = undefined
    const options = { ...choices, name }
    const forWasm = { ...options, target: 'wasm' as const, wat: true }
    const start = performance.now()
    checkBytes(bytes)
    checkOptions(forWasm)
    const prepared = await prepare(bytes, options)
    const { plan, files, summary } = await printTarget(prepared, forWasm)
    const milliseconds = performance.now() - start
    const stages = stagesOf(prepared.graph, lowerWithNodes(prepared.graph, wasm.lowering), prepared.model)
    current = { bytes, options, prepared, program: await openProgram(plan, files), stages }
    return {
      summary,
      warnings: prepared.warnings.map(showDiagnostic),
      stages: stages.stages,
      milliseconds,
      commandLine: commandLineOf({ ...options, target: 'wasm' }),
      filters: filtersFor(stages),
    }
  },
  async print(target) {
    const { prepared, options } = compiled()
    return (await printTarget(prepared, { ...options, target, ...(target === 'wasm' ? { wat: true } : {}) })).files
  },
  async run(feeds) {
    const now = compiled()
    now.feeds = feeds
    delete now.race
    return now.program.run(feeds)
  },
  async time() {
    const { program, feeds } = compiled()
    if (!feeds || !program.run(feeds)) return Number.NaN
    const turns = []
    for (let k = 0; k < 5; k++) turns.push(await timed(program.again, 8))
    return turns.sort((a, b) => a - b)[2]!
  },
  async look() {
    const { prepared, stages, feeds = new Map() } = compiled()
    const probed = await probedProgram(compiled())
    const outputs = probed.run(feeds)
    if (!outputs) return { seen: [], heard: [] }
    const activations = activationsOf(stages, feeds, outputs)
    const seen = stages.stages.flatMap(stage =>
      partsOf(stage, activations).map(({ tensor, what }) => ({ stage: stage.id, what, ...mapsOf(tensor) })),
    )
    const [input, ...others] = prepared.graph.inputs
    const isText = input?.type.dtype === 'i64' && input.type.shape.length === 2 && others.length === 0
    const heard = isText
      ? gramsOf(stages, numbersOf(feeds.get(input.attrs.name)!), stage => activations.sums.get(stage))
      : []
    // What lies behind the last word is no answer to the text.
    const words = heard.filter(({ tokens }) => tokens.every(token => token > 0))
    return { seen, heard: words.map(({ tokens, share }) => ({ tokens, share })) }
  },
  makeUp: async seed => makeFeeds(compiled().prepared.source, seed),
  async race() {
    const now = compiled()
    if (!now.feeds) throw new Error('there is no input yet')
    now.race ??= await openRace(now.bytes, now.program, now.feeds)
    return now.race()
  },
}

async function probedProgram(now: Current): Promise<Program> {
  if (now.probed) return now.probed
  const plan = lower(probedGraph({ graph: now.prepared.graph, nodes: now.stages.nodes }), wasm.lowering)
  now.probed = await openProgram(plan, await wasm.print(plan, { version }))
  return now.probed
}

function filtersFor(stages: Current['stages']): Compiled['filters'] {
  const small = filtersOf(stages).filter(({ weights }) => weights.values.length <= MOST_WEIGHTS)
  return small.flatMap(filters => {
    const { dtype, shape } = filters.weights
    const [count, height, width, channels] = shape as [number, number, number, number]
    if (dtype !== 'bit' && (dtype !== 'f32' || height < 2)) return []
    const picture = filterPicture(filters, dtype === 'bit' ? compareFilters(filters) : undefined)
    return [{ layer: filters.layer, picture, about: `${count} filters of ${height} × ${width} × ${channels}` }]
  })
}

addEventListener('message', async ({ data }: MessageEvent<Question>) => {
  const answer = (rest: object): void => postMessage({ id: data.id, ...rest } as Answer)
  try {
    answer({ value: await (calls[data.call] as (...args: readonly unknown[]) => Promise<unknown>)(...data.args) })
  } catch (error) {
    const { message } = error as Error
    answer({ reasons: error instanceof CompileError ? error.diagnostics.map(showDiagnostic) : [message] })
  }
})
