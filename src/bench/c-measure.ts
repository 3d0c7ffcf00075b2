import type { Probe } from '../backends/module.ts'
import { addMacs, macsOf } from '../macs.ts'
import { callsOf } from '../plan/buffers.ts'
import type { Plan } from '../plan/plan.ts'
import type { NamedProbe } from './c-probe.ts'
import type { TimingProgram } from './c-program.ts'
import { compare, measureInTurns, type Timed, type Times, timed } from './measure.ts'

export interface LayerTime {
  readonly name: string
  readonly origin: readonly string[]
  /** Of the processor. */
  readonly microseconds: number
  /** Multiply-accumulates of bits, of bytes with integers, and of floats. */
  readonly binaryMacs: number
  readonly integerMacs: number
  readonly floatMacs: number
  /** 1: as fast as the inner loops alone would be. Undefined where nothing is multiplied or no peak is known. */
  readonly peakShare: number | undefined
}

/** Medians, in microseconds per run, one thread. */
export interface CTimes {
  readonly xnorc: number
  readonly onnxruntime: number | undefined
  /** How many times faster xnorc is. */
  readonly ratio: number | undefined
  /** The same for an int8 network of the same shapes in onnxruntime. */
  readonly int8: number | undefined
  readonly int8Ratio: number | undefined
}

/** By the clock. */
export interface CBench extends CTimes {
  /** The instruction set that the generated code picked. */
  readonly isa: string
  /** The same in time of the processor: what other programs take of a busy machine is not in it. */
  readonly cpu: CTimes
  /** Why there is nothing to compare with. */
  readonly note: string | undefined
  readonly int8Note: string | undefined
  /** How the model was changed in onnxruntime's favour. */
  readonly tinyNote: string | undefined
  /** What the fastest inner loops reach on data in L1, floats also in registers: multiply-accumulates per nanosecond. */
  readonly peak: Readonly<Record<Probe['kind'], number | undefined>>
  readonly layers: readonly LayerTime[]
}

type Reference = (() => Promise<unknown>) | string

/** The whole network in turns with the references, then every step and every probe in turns. */
export async function measureC(
  plan: Plan,
  program: TimingProgram,
  probes: readonly NamedProbe[],
  reference: Reference,
  int8: Reference,
  milliseconds: number,
): Promise<Omit<CBench, 'tinyNote'>> {
  const ours: Timed = count => program.time('r 0', count)
  const runOf = (each: Reference) => (typeof each === 'string' ? [] : [timed(each)])
  const [xnorc, ...others] = await measureInTurns([ours, ...runOf(reference), ...runOf(int8)], milliseconds)
  const theirs = typeof reference === 'string' ? undefined : others.shift()
  const ratios = (by: keyof Times): CBench['cpu'] => {
    const { theirs: onnxruntime, ...rest } = compare(by, xnorc!, theirs, others[0])
    return { xnorc: xnorc![by], onnxruntime, ...rest }
  }
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
  const peak = { binary: peakOf('binary'), integer: peakOf('integer'), float: peakOf('float') }
  return {
    isa: program.isa,
    ...ratios('clock'),
    cpu: ratios('cpu'),
    note: typeof reference === 'string' ? reference : undefined,
    int8Note: typeof int8 === 'string' ? int8 : undefined,
    peak,
    layers: plan.steps.map((step, k) => layerTime(callsOf(step), times[k]!, peak)),
  }
}

function layerTime(calls: ReturnType<typeof callsOf>, microseconds: number, peak: CBench['peak']): LayerTime {
  const macs = addMacs(calls.map(macsOf))
  const kinds = (['binary', 'integer', 'float'] as const).filter(kind => macs[kind] > 0)
  const atPeak = kinds.reduce((time, kind) => time + macs[kind] / (peak[kind] ?? 0) / 1000, 0)
  return {
    name: calls.map(({ name }) => name).join(' + '),
    origin: [...new Set(calls.flatMap(({ origin }) => origin))],
    microseconds,
    binaryMacs: macs.binary,
    integerMacs: macs.integer,
    floatMacs: macs.float,
    peakShare: atPeak > 0 && Number.isFinite(atPeak) ? atPeak / microseconds : undefined,
  }
}
