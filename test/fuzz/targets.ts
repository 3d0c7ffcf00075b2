import { c } from '../../src/backends/c/index.ts'
import { wgsl } from '../../src/backends/wgsl/index.ts'
import { rewriteExpr } from '../../src/ir/expr.ts'
import type { Graph } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { lower } from '../../src/lower/index.ts'
import { compileC, SANITIZED, type Settings } from '../c-runner.ts'
import { type Device, type Driver, openDevice } from '../gpu.ts'
import { importLoader, joinFeeds, sampleOf } from '../wgsl-runner.ts'
import { type Prepared, showDifference } from './check.ts'
import { differenceFrom, type TensorLike } from './difference.ts'
import type { Feeds } from './network.ts'
import type { Fault } from './verdict.ts'

/** Every instruction set, with sanitizers and without, several networks in one translation unit. */
export const builds: readonly Settings[] = [
  { compiler: 'gcc', flags: SANITIZED, isa: ['portable'], together: true },
  { compiler: 'gcc', flags: SANITIZED, isa: ['avx2'], together: true },
  { compiler: 'gcc', flags: ['-O2'], together: true },
  { compiler: 'gcc', flags: SANITIZED, isa: ['sse4'], constants: 'file' },
  { compiler: 'gcc', flags: SANITIZED, isa: ['avx512'], together: true },
  { compiler: 'gcc', flags: ['-O3', '-DVECTORS=0'], isa: ['portable'] },
]

const messageOf = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: Buffer; message?: string }
  const words = stderr?.toString() ?? ''
  const line = words.split('\n').find(each => /error|Sanitizer/.test(each))
  return line ?? message ?? String(error)
}

/** The networks as one C program: what is wrong with each, if anything. */
export function checkC(networks: readonly Prepared[], build: number): (Fault | undefined)[] {
  const settings = builds[build % builds.length]!
  const stage = `c (${[settings.isa?.join('+') ?? 'all', ...(settings.flags ?? [])].join(' ')})`
  const failed = (error: unknown): Fault => ({ kind: 'error', stage, message: messageOf(error) })
  const plans = networks.map(({ graph }) => {
    try {
      return lower(graph, c.lowering)
    } catch (error) {
      return failed(error)
    }
  })
  const whole = plans.flatMap(plan => ('kind' in plan ? [] : [plan]))
  let program: ReturnType<typeof compileC>
  try {
    program = compileC(whole, settings)
  } catch (error) {
    // One of them does not compile; alone, each says so itself.
    if (networks.length === 1) return [failed(error)]
    return networks.flatMap(network => checkC([network], build))
  }
  return networks.map(({ samples, expected }, k) => {
    const plan = plans[k]!
    if ('kind' in plan) return plan
    try {
      const results = program.run(plan, samples)
      for (const [sample, { status, outputs }] of results.entries()) {
        if (status !== 0) return { kind: 'wrong', stage, message: `status ${status} of sample ${sample}` } as const
        const difference = differenceFrom(expected[sample]!, outputs)
        if (difference) return { kind: 'wrong', stage, message: showDifference(difference, sample) } as const
      }
      return undefined
    } catch (error) {
      return failed(error)
    }
  })
}

const devices = new Map<Driver, Promise<Device>>()

/** One network on a GPU driver; the one that runs nothing only validates. */
export async function checkWgsl({ graph, samples, expected }: Prepared, driver: Driver): Promise<Fault | undefined> {
  const stage = `wgsl (${driver})`
  try {
    const opened = devices.get(driver) ?? openDevice(driver)
    devices.set(driver, opened)
    const device = await opened
    const plan = lower(graph, wgsl.lowering)
    const { load } = await importLoader(plan)
    device.pushErrorScope('validation')
    const model = await load({ device, maxBatch: samples.length })
    const results = driver === 'null' ? undefined : await model.run(joinFeeds(plan, samples))
    const invalid = await device.popErrorScope()
    model.destroy()
    if (invalid) return { kind: 'error', stage, message: invalid.message }
    if (!results) return undefined
    if (samples.some(feeds => hasSubnormals(graph, feeds))) return undefined
    for (const sample of samples.keys()) {
      const outputs = new Map<string, TensorLike>(
        plan.outputs.map(port => [port.name, sampleOf(port, results[port.name]!, sample)]),
      )
      // A GPU may take numbers below the least normal one for 0.
      const difference = differenceFrom(expected[sample]!, outputs, { least: 2 ** -126 })
      if (difference) return { kind: 'wrong', stage, message: showDifference(difference, sample) }
    }
    return undefined
  } catch (error) {
    return { kind: 'error', stage, message: messageOf(error) }
  }
}

/** Whether a run meets numbers that a GPU may take for 0: what it makes of them (1 / 1e-40, say) is nobody's promise. */
function hasSubnormals(graph: Graph, feeds: Feeds): boolean {
  let found = false
  const look = (value: number | bigint): void => {
    const magnitude = Math.abs(Number(value))
    if (magnitude > 0 && magnitude < 2 ** -126) found = true
  }
  interpret(graph, feeds, (node, { values }) => {
    for (const value of values) look(value)
    const expr = 'expr' in node.attrs ? node.attrs.expr : 'epilogue' in node.attrs ? node.attrs.epilogue : undefined
    if (expr)
      rewriteExpr(expr, part => {
        if (part.fn === 'number') look(part.value)
        return part
      })
  })
  return found
}
