import { callsOf } from '../../plan/buffers.ts'
import type { WindowParams } from '../../plan/kernels.ts'
import type { Call, Plan, Step } from '../../plan/plan.ts'
import { scheduleOf } from '../../plan/strips.ts'
import type { PrintOptions } from '../backend.ts'
import { optionLines } from '../print/foreign-text.ts'
import { hashOf } from '../print/hash.ts'
import { render, renderTemplated } from '../print/template.ts'
import type { Strategy } from '../strategy.ts'
import { prices as measured } from './costs.ts'
import { layerOf } from './layers/index.ts'
import type { Prices } from './layers/tiles.ts'
import { callRows } from './layers/windows.ts'
import { layout } from './layout.ts'
import { createScope, type Scope } from './scope.ts'
import { withScratch } from './scratch.ts'

const PAGE = 65536
/** Vectors may read this many bytes past the last buffer. */
const SLACK = 128

export interface WasmOptions extends PrintOptions {
  /** Exports every step as a function of its own, for measuring. */
  readonly steps?: boolean
  /** Instead of those that were measured. */
  readonly prices?: Prices
}

export interface Module {
  readonly scope: Scope
  /** The module in WAT without its data segments. */
  readonly text: string
  /** A hash of all that is printed, by which a loader knows its module. */
  readonly build: string
  /** Per call, in order: bytes of its constants, and what was weighed. */
  readonly calls: readonly { readonly constantBytes: number; readonly strategies?: readonly Strategy[] }[]
}

/** Prints a plan's module. */
export function printModule(given: Plan, options: WasmOptions): Module {
  const { steps = options.trace ?? false, relaxedSimd: relaxed = false, prices = measured } = options
  const plan = withScratch(given, prices)
  const scope = createScope(plan, { relaxed, prices })
  const calls: Module['calls'][number][] = []
  const prepared: string[] = []
  const layers = plan.steps.flatMap(callsOf).map(call => {
    const before = dataBytes(scope)
    const layer = layerOf(call, scope)
    if (layer.prepare) prepared.push(layer.prepare)
    const text = renderTemplated(layer)
    const { strategies } = layer
    calls.push({ constantBytes: dataBytes(scope) - before, ...(strategies ? { strategies } : {}) })
    return text
  })
  const frame = {
    name: plan.name,
    version: options.version,
    options: optionLines(options.commandLine),
    pages: Math.ceil(Math.max(scope.size() + SLACK, scope.readEnd()) / PAGE),
    functions: scope.functions().map(renderTemplated),
    layers,
    prepared,
    steps: plan.steps.map((step, index) => ({ index, lines: runStep(step), exported: steps })),
  }
  const build = buildOf(plan, scope, render('wasm/module.wat', { ...frame, build: '' }))
  return { scope, text: layout(render('wasm/module.wat', { ...frame, build })), build, calls }
}

/** The loader's part is where the ports are, and what they are called. */
function buildOf(plan: Plan, scope: Scope, text: string): string {
  const ports = [...plan.inputs, ...plan.outputs].map(port => ({ ...port, buffer: scope.addressOf(port.buffer) }))
  const data = scope.segments().flatMap(({ address, bytes }) => [`${address}`, bytes])
  return hashOf([text, JSON.stringify(ports), ...data])
}

const dataBytes = (scope: Scope): number => scope.segments().reduce((sum, { bytes }) => sum + bytes.length, 0)

function runStep(step: Step): readonly string[] {
  if (step.kind === 'call') return [runCall(step.call)]
  return [...scheduleOf(step)].flatMap(({ row, first, end }) => [
    ...(first < end ? [callRows(step.producer.name, step.producer.params as WindowParams, first, end)] : []),
    callRows(step.consumer.name, step.consumer.params as WindowParams, row, row + 1),
  ])
}

function runCall(call: Call): string {
  if (call.kernel === 'gather') return `(if (call $${call.name}) (then (return (i32.const 1))))`
  if (!('outHeight' in call.params)) return `(call $${call.name})`
  const { images, outHeight } = call.params
  return callRows(call.name, call.params, 0, images * outHeight)
}
