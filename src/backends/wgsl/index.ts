import { callsOf } from '../../plan/buffers.ts'
import type { KernelName } from '../../plan/kernels.ts'
import type { Call, Plan } from '../../plan/plan.ts'
import type { Backend, PrintOptions, Sizes, SourceFile } from '../backend.ts'
import { createModule, type Module } from '../module.ts'
import { inComment } from '../print/foreign-text.ts'
import { render, renderTemplated } from '../print/template.ts'
import { printDeclarations } from './declarations.ts'
import { convolutionKernel } from './layers/convolution.ts'
import { mapKernel, reduceKernel } from './layers/elementwise.ts'
import { integerKernel } from './layers/integer.ts'
import { createNames, type Kernel, type Scope } from './layers/layer.ts'
import { copyBitsKernel, copyKernel, fillKernel, gatherKernel } from './layers/movement.ts'
import { type Packed, packOperands } from './layers/pack.ts'
import { poolBitsKernel, poolKernel } from './layers/windows.ts'
import { loaderContext } from './loader.ts'
import { makeTable, type Table } from './table.ts'

type Kernels = { readonly [K in KernelName]: (call: Call<K>, scope: Scope) => Kernel }

/** What each kernel of a plan becomes. Exhaustive: a new one does not compile without its entry point. */
const kernels: Kernels = {
  map: mapKernel,
  conv2d: convolutionKernel,
  binaryConv2d: convolutionKernel,
  integerConv2d: integerKernel,
  pool: poolKernel,
  poolBits: poolBitsKernel,
  reduce: reduceKernel,
  gather: gatherKernel,
  fill: fillKernel,
  copy: copyKernel,
  copyBits: copyBitsKernel,
}

const kernelOf = (call: Call, scope: Scope): Kernel =>
  (kernels[call.kernel] as (call: Call, scope: Scope) => Kernel)(call, scope)

/** What the first lines of files say. */
interface Header {
  readonly name: string
  readonly version: string
  readonly options: string
}

/** A call with its entry point, bindings in the order of their numbers: first what it reads. */
export interface Entry {
  readonly call: Call
  readonly name: string
  readonly kernel: Kernel
}

/** Shaders, weights, and a loader with its types. A plan without strips: one sample after the other fills no GPU. */
export const wgsl: Backend = {
  name: 'wgsl',
  lowering: { strips: false },
  print: (given, options): readonly SourceFile[] => {
    const { plan, offsets } = packOperands(given)
    const module = createModule()
    const entries = entriesOf(plan, offsets, module)
    const table = tableOf(plan, entries)
    const header = {
      name: plan.name,
      version: options.version,
      options: shownOptions(options),
    }
    return [
      { path: `${plan.name}.wgsl`, content: printModule(entries, module, header) },
      { path: `${plan.name}.bin`, content: table.weights },
      {
        path: `${plan.name}.js`,
        content: render('wgsl/loader.js', {
          ...header,
          ...loaderContext(plan, entries, table, options.trace ?? false),
        }),
      },
      { path: `${plan.name}.d.ts`, content: printDeclarations(plan, options) },
    ]
  },
  measure: (given): Sizes => {
    const { plan, offsets } = packOperands(given)
    const entries = entriesOf(plan, offsets, createModule())
    const { buffers, weights, indexOf } = tableOf(plan, entries)
    const sizes = (kinds: readonly string[], indices: readonly number[]) =>
      indices.reduce((sum, index) => sum + (kinds.includes(buffers[index]!.kind) ? buffers[index]!.bytes : 0), 0)
    return {
      constantBytes: weights.length,
      workspaceBytes: sizes(['scratch'], [...buffers.keys()]),
      calls: entries.map(({ call: { name, origin }, kernel }) => ({
        name,
        origin,
        constantBytes: sizes(['constant'], [...new Set(kernel.bindings.map(indexOf))]),
      })),
    }
  },
}

function entriesOf({ steps }: Plan, offsets: Packed['offsets'], module: Module): Entry[] {
  const calls = steps.flatMap(callsOf)
  const names = createNames(calls, offsets, module)
  return calls.map(call => {
    const scope = names.scopeOf(call)
    const kernel = kernelOf(call, scope)
    const bindings = kernel.bindings.toSorted((a, b) => Number(a.access !== 'read') - Number(b.access !== 'read'))
    return { call, name: scope.entry, kernel: { ...kernel, bindings } }
  })
}

const shownOptions = ({ commandLine }: PrintOptions): string => (commandLine ? ` (${inComment(commandLine)})` : '')

const tableOf = (plan: Plan, entries: readonly Entry[]): Table =>
  makeTable(
    plan,
    entries.map(({ kernel }) => kernel),
    entries.filter(({ call }) => call.kernel === 'gather').length,
  )

function printModule(entries: readonly Entry[], module: Module, header: Header): string {
  const texts = entries.map(({ kernel: { template, context, bindings } }) =>
    renderTemplated({
      template,
      context: { ...context, bindings: bindings.map((binding, at) => ({ ...binding, at })) },
    }).trim(),
  )
  return render('wgsl/module.wgsl', {
    ...header,
    functions: module.functions().map(fn => renderTemplated(fn).trim()),
    kernels: texts,
  })
}
