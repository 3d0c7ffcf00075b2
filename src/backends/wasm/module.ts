import { callsOf } from '../../plan/buffers.ts'
import type { KernelName, WindowParams } from '../../plan/kernels.ts'
import type { Call, Plan, Step } from '../../plan/plan.ts'
import { scheduleOf } from '../../plan/strips.ts'
import type { PrintOptions } from '../backend.ts'
import { inComment } from '../print/foreign-text.ts'
import { render, renderTemplated } from '../print/template.ts'
import { binaryLayer } from './layers/binary.ts'
import { convolutionLayer } from './layers/convolution.ts'
import { mapLayer, reduceLayer } from './layers/elementwise.ts'
import type { Layer } from './layers/layer.ts'
import { lookupLayer } from './layers/lookup.ts'
import { copyBitsLayer, copyLayer, fillLayer, gatherLayer } from './layers/movement.ts'
import { chooseTile } from './layers/tiles.ts'
import { poolBitsLayer, poolLayer } from './layers/windows.ts'
import { createScope, type Scope } from './scope.ts'
import { indent } from './text.ts'

type Layers = { readonly [K in KernelName]: (call: Call<K>, scope: Scope) => Layer }

/** What each kernel becomes. Exhaustive: a new kernel does not compile without its layer. */
const layers: Layers = {
  map: mapLayer,
  conv2d: convolutionLayer,
  binaryConv2d: (call, scope) => {
    const tile = chooseTile(call.params)
    return tile ? lookupLayer(call, tile, scope) : binaryLayer(call, scope)
  },
  integerConv2d: convolutionLayer,
  pool: poolLayer,
  poolBits: poolBitsLayer,
  reduce: reduceLayer,
  gather: gatherLayer,
  fill: fillLayer,
  copy: copyLayer,
  copyBits: copyBitsLayer,
}

const layerOf = (call: Call, scope: Scope): Layer => (layers[call.kernel] as (c: Call, s: Scope) => Layer)(call, scope)

const PAGE = 65536
/** Vectors may read this many bytes past the last buffer. */
const SLACK = 128

export interface Module {
  readonly scope: Scope
  /** The module in WAT without its data segments. */
  readonly text: string
  /** Bytes of constants per call, in order. */
  readonly constantBytes: readonly number[]
}

/** Prints a plan's module; `steps` exports every step as a function of its own, for measuring. */
export function printModule(plan: Plan, options: PrintOptions, steps = false): Module {
  const scope = createScope(plan)
  const constantBytes: number[] = []
  const prepared: string[] = []
  const layers = plan.steps.flatMap(callsOf).map(call => {
    const before = dataBytes(scope)
    const layer = layerOf(call, scope)
    if (layer.prepare) prepared.push(layer.prepare)
    const text = renderTemplated(layer)
    constantBytes.push(dataBytes(scope) - before)
    return text
  })
  const text = render('wasm/module.wat', {
    name: plan.name,
    version: options.version,
    options: options.commandLine ? ` ${inComment(options.commandLine)}` : '',
    pages: Math.ceil((scope.size() + SLACK) / PAGE),
    functions: scope.functions().map(renderTemplated),
    layers,
    prepared,
    steps: plan.steps.map((step, index) => ({ index, lines: runStep(step), exported: steps })),
  })
  return { scope, text: indent(text), constantBytes }
}

const dataBytes = (scope: Scope): number => scope.segments().reduce((sum, { bytes }) => sum + bytes.length, 0)

function runStep(step: Step): readonly string[] {
  if (step.kind === 'call') return [runCall(step.call)]
  return [...scheduleOf(step)].flatMap(({ row, first, end }) => [
    ...(first < end ? [`(call $${step.producer.name} (i32.const ${first}) (i32.const ${end}))`] : []),
    `(call $${step.consumer.name} (i32.const ${row}) (i32.const ${row + 1}))`,
  ])
}

function runCall(call: Call): string {
  if (call.kernel === 'gather') return `(if (call $${call.name}) (then (return (i32.const 1))))`
  if (!('outHeight' in call.params)) return `(call $${call.name})`
  const { images, outHeight } = call.params as WindowParams
  return `(call $${call.name} (i32.const 0) (i32.const ${images * outHeight}))`
}
