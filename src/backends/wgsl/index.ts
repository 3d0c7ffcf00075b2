import { callsOf } from '../../plan/buffers.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Backend, PrintOptions, Sizes, SourceFile } from '../backend.ts'
import { createModule, type Module } from '../module.ts'
import { inComment } from '../print/foreign-text.ts'
import { render, renderTemplated } from '../print/template.ts'
import { printDeclarations } from './declarations.ts'
import { layerOf } from './layers/index.ts'
import { createNames, type Entry } from './layers/layer.ts'
import { type Packed, packOperands } from './layers/pack.ts'
import { loaderContext } from './loader.ts'
import { makeTable, type Table } from './table.ts'

/** What the first lines of files say. */
interface Header {
  readonly name: string
  readonly version: string
  readonly options: string
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
      calls: entries.map(({ call: { name, origin }, layer }) => ({
        name,
        origin,
        constantBytes: sizes(['constant'], [...new Set(layer.bindings.map(indexOf))]),
      })),
    }
  },
}

function entriesOf({ steps }: Plan, offsets: Packed['offsets'], module: Module): Entry[] {
  const calls = steps.flatMap(callsOf)
  const names = createNames(calls, offsets, module)
  return calls.map(call => {
    const scope = names.scopeOf(call)
    const layer = layerOf(call, scope)
    const bindings = layer.bindings.toSorted((a, b) => Number(a.access !== 'read') - Number(b.access !== 'read'))
    return { call, name: scope.entry, layer: { ...layer, bindings } }
  })
}

const shownOptions = ({ commandLine }: PrintOptions): string => (commandLine ? ` (${inComment(commandLine)})` : '')

const tableOf = (plan: Plan, entries: readonly Entry[]): Table =>
  makeTable(
    plan,
    entries.map(({ layer }) => layer),
    entries.filter(({ call }) => call.kernel === 'gather').length,
  )

function printModule(entries: readonly Entry[], module: Module, header: Header): string {
  const texts = entries.map(({ layer: { template, context, bindings } }) =>
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
