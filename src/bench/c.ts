import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConstantPlace, Isa } from '../backends/backend.ts'
import { c, makeUnit, printModule } from '../backends/c/index.ts'
import { lower } from '../lower/index.ts'
import { type PrepareOptions, prepare } from '../prepare.ts'
import { makeFeeds } from '../run/inputs.ts'
import { bytesOfTensor } from '../run/memory.ts'
import type { Feeds } from '../run/runner.ts'
import { version } from '../version.ts'
import { benchDriver } from './c-driver.ts'
import { type CBench, measureC } from './c-measure.ts'
import { probesOf } from './c-probe.ts'
import { startProgram } from './c-program.ts'
import { int8Twin } from './int8-twin.ts'
import { tinyNote, withoutTinyWeights } from './tiny-weights.ts'

export interface CBenchOptions extends PrepareOptions {
  readonly isa?: readonly Isa[]
  readonly constants?: ConstantPlace
  /** Milliseconds for the whole networks in turns, and again for the layers. */
  readonly milliseconds: number
  /** Runs the C compiler in a folder. */
  readonly build: (args: readonly string[], folder: string) => Promise<void>
  /** One run of an ONNX model on these values in this process, to compare with; or why there is none. */
  readonly reference: (model: Uint8Array, feeds: Feeds) => Promise<(() => Promise<unknown>) | string>
}

/** Times the generated C, as a process of its own, in turns with a reference in this one, and every layer alone. */
export async function benchC(model: Uint8Array, options: CBenchOptions): Promise<CBench> {
  const { model: read, source, graph } = await prepare(model, options)
  const plan = lower(graph, c.lowering)
  const feeds = makeFeeds(source, 1)
  // The model as the file has it takes its own form of the inputs.
  const theirFeeds = source === read.graph ? feeds : makeFeeds(read.graph, 1)
  const peer = await withoutTinyWeights(model)
  const reference = await options.reference(peer.model, theirFeeds)
  const twin = await int8Twin(read.graph)
  const int8 = typeof twin === 'string' ? twin : await options.reference(twin, theirFeeds)
  const folder = await mkdtemp(join(tmpdir(), 'xnorc-bench-'))
  try {
    const { isa, constants = 'inline' } = options
    const printed = { version, constants, ...(isa ? { isa } : {}) }
    const unit = makeUnit(plan, printed)
    for (const { path, content } of printModule(unit, printed)) await writeFile(join(folder, path), content)
    const probes = probesOf(unit)
    await writeFile(join(folder, 'bench.c'), benchDriver(unit, probes))
    await writeFile(
      join(folder, 'inputs'),
      plan.inputs.map(({ name }) => bytesOfTensor(feeds.get(name)!)),
    )
    await options.build(['-O3', 'bench.c', '-lm', '-o', 'bench'], folder)
    const program = await startProgram(join(folder, 'bench'), join(folder, 'inputs'))
    try {
      const measured = await measureC(plan, program, probes, reference, int8, options.milliseconds)
      return { ...measured, tinyNote: tinyNote(peer.zeroed) }
    } finally {
      program.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
