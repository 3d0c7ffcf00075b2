import { ALIGNMENT } from '../arena.ts'
import { type Backend, isas, type PrintOptions, type Sizes, type SourceFile } from '../backend.ts'
import { callsOf } from '../buffers.ts'
import type { KernelName } from '../kernels.ts'
import { cLiterals, wrapLiterals } from '../literals.ts'
import { type Buffer, type Call, isConvolutionCall, type Plan } from '../plan.ts'
import { render } from '../template.ts'
import { type Constant, collectConstants, constantBytes, typeOfData } from './constants.ts'
import { convolutionLayer } from './convolution.ts'
import { mapLayer, reduceLayer } from './elementwise.ts'
import { functionsFor } from './functions.ts'
import { headerContext, runParameters } from './header.ts'
import { integerLayer } from './integer.ts'
import { declare, type Layer, type Scope } from './layer.ts'
import { copyBitsLayer, copyLayer, fillLayer, gatherLayer } from './movement.ts'
import { comment, cType } from './names.ts'
import { poolBitsLayer, poolLayer } from './pool.ts'
import { runSteps } from './run.ts'

type Layers = { readonly [K in KernelName]: (call: Call<K>, scope: Scope) => Layer }

/** What each kernel becomes. Exhaustive: a new kernel does not compile without its layer. */
const layers: Layers = {
  map: mapLayer,
  conv2d: convolutionLayer,
  binaryConv2d: convolutionLayer,
  integerConv2d: integerLayer,
  pool: poolLayer,
  poolBits: poolBitsLayer,
  reduce: reduceLayer,
  gather: gatherLayer,
  fill: fillLayer,
  copy: copyLayer,
  copyBits: copyBitsLayer,
}

export const layerOf = (call: Call, scope: Scope): Layer =>
  (layers[call.kernel] as (c: Call, s: Scope) => Layer)(call, scope)

/** One .c and one .h file; see docs for what is in them. */
export const c = {
  name: 'c',
  lowering: {},
  print: (plan, options): readonly SourceFile[] => [
    { path: `${plan.name}.c`, content: printModule(plan, options) },
    { path: `${plan.name}.h`, content: render('c/module.h', headerContext(plan, options, workspaceBytes(plan))) },
  ],
  measure: (plan): Sizes => {
    const calls = plan.steps.flatMap(callsOf).map(call => {
      const scope = { plan, constants: collectConstants(plan) }
      collect(call, scope)
      return { name: call.name, origin: call.origin, constantBytes: sum(scope.constants.all().map(constantBytes)) }
    })
    const scope = { plan, constants: collectConstants(plan) }
    for (const call of plan.steps.flatMap(callsOf)) collect(call, scope)
    return {
      constantBytes: sum(scope.constants.all().map(constantBytes)),
      workspaceBytes: workspaceBytes(plan),
      calls,
    }
  },
} satisfies Backend

/** Makes a layer only to see which constants it reads, those that are handed to it among them. */
function collect(call: Call, scope: Scope): void {
  for (const { buffer } of layerOf(call, scope).parameters)
    if (buffer.place.kind === 'constant') scope.constants.symbolOf(buffer)
}

/** The caller's memory is aligned to 8 bytes only, so up to 56 bytes are skipped. */
const workspaceBytes = (plan: Plan): number => (plan.workspaceBytes === 0 ? 8 : plan.workspaceBytes + ALIGNMENT - 8)

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

function printModule(plan: Plan, options: PrintOptions): string {
  const scope: Scope = { plan, constants: collectConstants(plan) }
  const calls = plan.steps.flatMap(callsOf)
  // Only convolutions come in variants.
  const varies = calls.some(isConvolutionCall)
  const chosen = varies ? (options.isa ?? isas) : []
  const made = new Map(calls.map(call => [call, layerOf(call, scope)]))
  const functions = calls.map(call => printLayer(call, made.get(call)!, scope))
  const { steps, used } = runSteps(plan, call => made.get(call)!.parameters, scope, options.trace)
  const workspace = [...used].filter(({ place }) => place.kind === 'workspace')
  const ports = [...plan.inputs, ...plan.outputs]
  return render('c/module.c', {
    ...headerContext(plan, options, workspaceBytes(plan)),
    isaText: render('c/functions/isa.c', {
      x86: chosen.length > 0,
      ...Object.fromEntries(isas.map(isa => [isa, chosen.includes(isa)])),
    }),
    functions: functionsFor([...functions, ...steps], chosen),
    variants: variants.filter(({ suffix }) => chosen.includes(suffix)),
    traced: options.trace ? '_traced' : '',
    traceParameters: options.trace ? `, ${plan.name}_tracer tracer, void *tracer_context` : '',
    traceArguments: options.trace ? ', tracer, tracer_context' : '',
    constants: scope.constants.all().map(constantContext),
    layers: functions,
    parameters: runParameters(plan),
    arguments: ports.map(({ buffer }) => buffer.name).join(', '),
    buffers: workspace.map(buffer => ({ type: cType[buffer.element], name: buffer.name, offset: offsetOf(buffer) })),
    unused: ports.filter(({ buffer }) => !used.has(buffer)).map(({ buffer }) => buffer.name),
    steps,
  })
}

/** Of the run function; the best first. */
export const variants = [
  {
    suffix: 'avx512',
    isa: 'AVX512',
    target: 'TARGET_AVX512',
    condition:
      '__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")',
  },
  {
    suffix: 'avx2',
    isa: 'AVX2',
    target: 'TARGET_AVX2',
    condition: '__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")',
  },
] as const

const printLayer = (call: Call, { template, context, parameters }: Layer, { plan }: Scope): string =>
  render(template, {
    ...context,
    function: `${plan.name}_${call.name}`,
    parameters: parameters.map(declare).join(', '),
  })

const constantContext = ({ symbol, buffer, data, layout }: Constant) => ({
  comment: comment([`${buffer.name}${layout ? ` as ${layout}` : ''}`]),
  type: typeOfData(data),
  symbol,
  length: data.length,
  literals: wrapLiterals(cLiterals(data), '  '),
})

const offsetOf = ({ place }: Buffer): number => (place.kind === 'workspace' ? place.offset : 0)
