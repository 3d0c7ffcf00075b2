import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Isa } from '../backends/backend.ts'
import { callsOf } from '../backends/buffers.ts'
import { c } from '../backends/c/index.ts'
import { lower } from '../backends/lower.ts'
import type { Plan } from '../backends/plan.ts'
import { adaptInputs, type InputForm } from '../frontend/adapt-inputs.ts'
import { type ReadOptions, readModel } from '../frontend/index.ts'
import { type RunOptions, runPasses } from '../passes/pass.ts'
import { pipeline } from '../passes/pipeline.ts'
import { makeFeeds } from '../verify/inputs.ts'
import { bytesOfTensor } from '../verify/memory.ts'
import type { Feeds } from '../verify/runner.ts'
import { version } from '../version.ts'
import { benchDriver } from './c-driver.ts'
import { findProbes, multiplyAdd, type Probe } from './c-probe.ts'
import { startProgram, type TimingProgram } from './c-program.ts'
import { addMacs, macsOf } from './macs.ts'
import { measureInTurns, type Timed, type Times } from './measure.ts'

export interface CBenchOptions extends ReadOptions, InputForm, RunOptions {
  readonly isa?: readonly Isa[]
  /** Milliseconds for the whole networks in turns, and again for the layers. */
  readonly milliseconds: number
  /** Runs the C compiler in a folder. */
  readonly build: (args: readonly string[], folder: string) => Promise<void>
  /** One run of the ONNX model on these values in this process, to compare with; or why there is none. */
  readonly reference: (feeds: Feeds) => Promise<(() => Promise<unknown>) | string>
}

export interface LayerTime {
  readonly name: string
  readonly origin: readonly string[]
  /** Of the processor. */
  readonly microseconds: number
  /** Multiply-accumulates of bits and of floats. */
  readonly binaryMacs: number
  readonly floatMacs: number
  /** 1: as fast as the inner loops alone would be. Undefined where nothing is multiplied or no peak is known. */
  readonly peakShare: number | undefined
}

export interface CBench {
  /** The instruction set that the generated code picked. */
  readonly isa: string
  /** Medians, in microseconds per run, one thread, by the clock. */
  readonly xnorc: number
  readonly onnxruntime: number | undefined
  /** How many times faster xnorc is. */
  readonly ratio: number | undefined
  /** The same in time of the processor: what other programs take of a busy machine is not in it. */
  readonly cpu: Pick<CBench, 'xnorc' | 'onnxruntime' | 'ratio'>
  /** Why there is nothing to compare with. */
  readonly note: string | undefined
  /** What the fastest inner loops reach on data in L1, floats also in registers: binary and float multiply-accumulates per nanosecond. */
  readonly peak: { readonly binary: number | undefined; readonly float: number | undefined }
  readonly layers: readonly LayerTime[]
}

/** Times the generated C, as a process of its own, in turns with a reference in this one, and every layer alone. */
export async function benchC(model: Uint8Array, options: CBenchOptions): Promise<CBench> {
  const { graph } = await readModel(model, options)
  const source = adaptInputs(graph, options)
  const plan = lower(runPasses(source, pipeline, options).graph, c.lowering)
  const feeds = makeFeeds(source, 1)
  // The model as the file has it takes its own form of the inputs.
  const reference = await options.reference(source === graph ? feeds : makeFeeds(graph, 1))
  const folder = await mkdtemp(join(tmpdir(), 'xnorc-bench-'))
  try {
    const files = c.print(plan, { version, ...(options.isa ? { isa: options.isa } : {}) })
    for (const { path, content } of files) await writeFile(join(folder, path), content)
    const probes = [...findProbes(String(files[0]!.content)), multiplyAdd]
    await writeFile(join(folder, 'bench.c'), benchDriver(plan, probes))
    await writeFile(
      join(folder, 'inputs'),
      plan.inputs.map(({ name }) => bytesOfTensor(feeds.get(name)!)),
    )
    await options.build(['-O3', 'bench.c', '-lm', '-o', 'bench'], folder)
    const program = await startProgram(join(folder, 'bench'), join(folder, 'inputs'))
    try {
      return await measure(plan, program, probes, reference, options.milliseconds)
    } finally {
      program.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(
  plan: Plan,
  program: TimingProgram,
  probes: readonly Probe[],
  reference: (() => Promise<unknown>) | string,
  milliseconds: number,
): Promise<CBench> {
  const ours: Timed = count => program.time('r 0', count)
  const theirs = typeof reference === 'string' ? [] : [timed(reference)]
  const [xnorc, onnxruntime] = await measureInTurns([ours, ...theirs], milliseconds)
  const useful = probes
    .map((probe, k) => ({ ...probe, k }))
    .filter(probe => !probe.needsVectors || program.isa !== 'portable')
  const alone = await measureInTurns(
    [
      ...plan.steps.map(
        (_, k): Timed =>
          count =>
            program.time(`s ${k}`, count),
      ),
      ...useful.map(
        ({ k }): Timed =>
          count =>
            program.time(`p ${k}`, count),
      ),
    ],
    milliseconds,
  )
  const times = alone.map(({ cpu }) => cpu)
  const peakOf = (wanted: Probe['kind']): number | undefined => {
    const rates = useful.map(({ macs }, k) => macs / times[plan.steps.length + k]! / 1000)
    const best = Math.max(0, ...rates.filter((_, k) => useful[k]!.kind === wanted))
    return best > 0 ? best : undefined
  }
  const peak = { binary: peakOf('binary'), float: peakOf('float') }
  return {
    isa: program.isa,
    ...compareTimes('clock', xnorc!, onnxruntime),
    cpu: compareTimes('cpu', xnorc!, onnxruntime),
    note: typeof reference === 'string' ? reference : undefined,
    peak,
    layers: plan.steps.map((step, k) => layerTime(callsOf(step), times[k]!, peak)),
  }
}

const compareTimes = (by: keyof Times, ours: Times, theirs: Times | undefined): CBench['cpu'] => ({
  xnorc: ours[by],
  onnxruntime: theirs?.[by],
  ratio: theirs && theirs[by] / ours[by],
})

/** Runs in this process; like the program, it runs once before the clock starts. */
const timed =
  (run: () => Promise<unknown>): Timed =>
  async count => {
    await run()
    const start = performance.now()
    const used = process.cpuUsage()
    for (let k = 0; k < count; k++) await run()
    const { user, system } = process.cpuUsage(used)
    return { clock: (performance.now() - start) * 1000, cpu: user + system }
  }

function layerTime(calls: ReturnType<typeof callsOf>, microseconds: number, peak: CBench['peak']): LayerTime {
  const { binary, float } = addMacs(calls.map(macsOf))
  const known = (binary === 0 || peak.binary !== undefined) && (float === 0 || peak.float !== undefined)
  const atPeak = (binary / (peak.binary ?? 1) + float / (peak.float ?? 1)) / 1000
  return {
    name: calls.map(({ name }) => name).join(' + '),
    origin: [...new Set(calls.flatMap(({ origin }) => origin))],
    microseconds,
    binaryMacs: binary,
    floatMacs: float,
    peakShare: binary + float > 0 && known ? atPeak / microseconds : undefined,
  }
}
