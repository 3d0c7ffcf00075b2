import type { CBench, LayerTime } from '../bench/c-measure.ts'
import type { EmulatedCount } from '../bench/emulate.ts'
import type { WasmBench } from '../bench/wasm.ts'
import type { WgslBench } from '../bench/wgsl.ts'
import { showTable } from './table.ts'

/** A table of programs, a table of layers, and the peaks that their shares refer to. */
export function describeC(result: CBench, compiler: string): string {
  const { isa, xnorc, onnxruntime, int8, ratio, int8Ratio, cpu, note, int8Note, tinyNote, peak, layers } = result
  const rates = [
    ...(peak.binary === undefined ? [] : [`${peak.binary.toFixed(0)} binMAC/ns`]),
    ...(peak.integer === undefined ? [] : [`${peak.integer.toFixed(0)} MAC/ns of integers`]),
    ...(peak.float === undefined ? [] : [`${peak.float.toFixed(0)} MAC/ns`]),
  ]
  return [
    showPrograms(
      [`xnorc, C (${compiler} -O3, ${isa})`, xnorc, cpu.xnorc],
      ['onnxruntime-node, 1 thread, int8 of the same shapes', int8, cpu.int8, int8Ratio, cpu.int8Ratio],
      ['onnxruntime-node, 1 thread, this model in float', onnxruntime, cpu.onnxruntime, ratio, cpu.ratio],
    ),
    ...(note === undefined ? [] : [`not compared with onnxruntime: ${note}`]),
    ...(int8Note === undefined || int8Note === note ? [] : [`not compared with int8: ${int8Note}`]),
    ...(tinyNote === undefined || note !== undefined ? [] : [tinyNote]),
    showTable(
      ['layer', 'CPU µs', 'binMAC/ns', 'MAC/ns', 'of peak'],
      [...layers.map(layerRow), ['sum', micro(sum(layers)), '', '', '']],
      [1, 2, 3, 4],
    ),
    ...(rates.length === 0 ? [] : [`peak of the inner loops on data in L1: ${rates.join(', ')}`]),
  ].join('\n\n')
}

export function describeWasm(result: WasmBench): string {
  const { xnorc, onnxruntimeWeb, int8, ratio, int8Ratio, cpu, int8Note, tinyNote, layers } = result
  const rows = layers.map(layer => [title(layer), micro(layer.microseconds)])
  return [
    showPrograms(
      ['xnorc, WASM', xnorc, cpu.xnorc],
      ['onnxruntime-web (wasm), 1 thread, int8 of the same shapes', int8, cpu.int8, int8Ratio, cpu.int8Ratio],
      ['onnxruntime-web (wasm), 1 thread, this model in float', onnxruntimeWeb, cpu.onnxruntimeWeb, ratio, cpu.ratio],
    ),
    ...(onnxruntimeWeb === undefined ? ['not compared: onnxruntime-web is not installed or refuses the model'] : []),
    ...(int8Note === undefined ? [] : [`not compared with int8: ${int8Note}`]),
    ...(tinyNote === undefined || onnxruntimeWeb === undefined ? [] : [tinyNote]),
    showTable(['layer', 'µs'], [...rows, ['sum', micro(sum(layers))]], [1]),
  ].join('\n\n')
}

export function describeWgsl({ adapter, load, batches, kernels }: WgslBench): string {
  const milli = (time: number | undefined) => (time === undefined ? '–' : time.toFixed(2))
  const rows = batches.map(({ batch, xnorc, onnxruntimeWeb, ratio }) => [
    `${batch}`,
    milli(xnorc),
    milli(onnxruntimeWeb),
    factor(ratio),
  ])
  return [
    `adapter: ${adapter}; until ready: xnorc ${milli(load.xnorc)} ms, onnxruntime-web ${milli(load.onnxruntimeWeb)} ms`,
    showTable(['batch', 'xnorc, ms', 'onnxruntime-web, ms', 'ratio'], rows, [0, 1, 2, 3]),
    ...(kernels.length === 0
      ? ['no times of kernels: the adapter has no timestamps']
      : [
          showTable(
            ['kernel', 'ms'],
            kernels.map(kernel => [kernel.nodes || kernel.kernel, kernel.milliseconds.toFixed(3)]),
            [1],
          ),
        ]),
  ].join('\n\n')
}

/** A table for each machine: layers, and what each compiler makes of them. */
export function describeEmulated(counts: readonly EmulatedCount[]): string {
  const machines = [...new Set(counts.map(({ machine }) => machine))]
  return machines.map(machine => describeMachine(counts.filter(count => count.machine === machine))).join('\n\n')
}

function describeMachine(builds: readonly EmulatedCount[]): string {
  const [{ machine, steps }] = builds as [EmulatedCount, ...EmulatedCount[]]
  const row = (name: string, count: (build: EmulatedCount) => number) => [
    name,
    ...builds.map(build => count(build).toLocaleString('en')),
  ]
  const rows = steps.map(({ layers, origin }, k) =>
    row(title({ name: layers.join(' + '), origin }), build => build.steps[k]!.instructions),
  )
  const heads = builds.map(({ compiler, optimise }) => `${compiler} ${optimise}`)
  return showTable(
    [`instructions on ${machine}`, ...heads],
    [...rows, row('one run', ({ instructions }) => instructions)],
    heads.map((_, k) => k + 1),
  )
}

type Time = number | undefined
type Program = readonly [name: string, clock: Time, cpu: Time, ratioByClock?: Time, ratioByCpu?: Time]

/** By the clock and by the processor, with how many times longer the other programs take. */
function showPrograms(...programs: readonly Program[]): string {
  const ratio = (of: number | undefined) => (of === undefined ? '' : factor(of))
  const row = ([name, clock, cpu, byClock, byCpu]: Program): string[][] =>
    clock === undefined || cpu === undefined ? [] : [[name, micro(clock), ratio(byClock), micro(cpu), ratio(byCpu)]]
  return showTable(['one run, median', 'µs', 'ratio', 'CPU µs', 'ratio'], programs.flatMap(row), [1, 2, 3, 4])
}

function layerRow(layer: LayerTime): string[] {
  const { microseconds, binaryMacs, integerMacs, floatMacs, peakShare } = layer
  const rate = (macs: number) => (macs === 0 ? '' : (macs / microseconds / 1000).toFixed(0))
  const share = peakShare === undefined ? '' : `${(100 * peakShare).toFixed(0)} %`
  return [title(layer), micro(microseconds), rate(binaryMacs), rate(integerMacs + floatMacs), share]
}

/** The nodes that a layer was made of: the first and the last. */
function title({ name, origin }: { readonly name: string; readonly origin: readonly string[] }): string {
  if (origin.length === 0) return name
  return origin.length === 1 ? origin[0]! : `${origin[0]} … ${origin.at(-1)}`
}

const micro = (time: number): string => time.toFixed(time < 100 ? 2 : 0)

const factor = (ratio: number | undefined): string => (ratio === undefined ? '–' : `${ratio.toFixed(2)}×`)

const sum = (layers: readonly { readonly microseconds: number }[]): number =>
  layers.reduce((total, { microseconds }) => total + microseconds, 0)
