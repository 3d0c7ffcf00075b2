import { callsOf } from '../../plan/buffers.ts'
import type { Plan } from '../../plan/plan.ts'
import { type Backend, loaderStem, type Sizes, type SourceFile } from '../backend.ts'
import { declarationContext, labelContext } from '../js/ports.ts'
import { createModule, type Module } from '../module.ts'
import { optionLines } from '../print/foreign-text.ts'
import { hashOf } from '../print/hash.ts'
import { base64Lines, templateLiteral } from '../print/script.ts'
import { render, renderTemplated } from '../print/template.ts'
import { layerOf } from './layers/index.ts'
import { createNames, type Entry } from './layers/layer.ts'
import { type Packed, packOperands } from './layers/pack.ts'
import { loaderTables } from './loader.ts'
import { makeTable, type Table } from './table.ts'

/** What the first lines of files say. */
interface Header {
  readonly name: string
  readonly version: string
  readonly options: readonly string[]
  readonly build: string
  /** The file that runs the shaders. */
  readonly loader: string
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
    const files = { shaders: `${plan.name}.wgsl`, weights: `${plan.name}.${options.shared?.weights ?? 'bin'}` }
    const loader = loaderStem(plan.name, options)
    const header = { name: plan.name, version: options.version, options: optionLines(options.commandLine) }
    const shadersOf = (build: string) => printModule(entries, module, { ...header, build, loader: `${loader}.js` })
    const tables = loaderTables(plan, entries, table, options.trace ?? false)
    const build = hashOf([shadersOf(''), table.weights, JSON.stringify(tables)])
    const shaders = shadersOf(build)
    const weights = new Uint8Array(table.weights)
    weights.set(new TextEncoder().encode(build))
    const inline = options.inline ? { shaders: templateLiteral(shaders), weights: base64Lines(weights) } : undefined
    const context = { ...header, files, inline, trace: options.trace ?? false, ...labelContext(options) }
    return [
      ...(inline
        ? []
        : [
            { path: files.shaders, content: shaders },
            { path: files.weights, content: weights },
          ]),
      {
        path: `${loader}.js`,
        content: render('wgsl/loader.js', { ...context, ...tables, build, weightBytes: weights.length }),
      },
      { path: `${loader}.d.ts`, content: render('wgsl/loader.d.ts', { ...context, ...declarationContext(plan) }) },
    ]
  },
  measure: (given): Sizes => {
    const { plan, offsets } = packOperands(given)
    const entries = entriesOf(plan, offsets, createModule())
    const { buffers, weights, indexOf } = tableOf(plan, entries)
    const sizes = (kinds: readonly string[], indices: readonly number[]) =>
      indices.reduce((sum, index) => sum + (kinds.includes(buffers[index]!.kind) ? buffers[index]!.bytes : 0), 0)
    const counted = new Set<number>()
    const firstReads = (indices: readonly number[]) =>
      [...new Set(indices)].filter(index => !counted.has(index) && counted.add(index))
    return {
      constantBytes: weights.length,
      workspaceBytes: sizes(['scratch'], [...buffers.keys()]),
      calls: entries.map(({ call: { name, origin }, layer }) => ({
        name,
        origin,
        constantBytes: sizes(['constant'], firstReads(layer.bindings.map(indexOf))),
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
