import type { Plan } from '../../plan/plan.ts'
import { loaderStem, type PrintOptions, type SourceFile } from '../backend.ts'
import { declarationContext, labelContext, tableContext } from '../js/ports.ts'
import { optionLines } from '../print/foreign-text.ts'
import { base64Lines } from '../print/script.ts'
import { render } from '../print/template.ts'
import type { Module } from './module.ts'

/** NAME.js, which loads the module and moves values in and out of its memory, and its declarations. */
export function printLoader(plan: Plan, printed: Module, options: PrintOptions, module: Uint8Array): SourceFile[] {
  const { scope, build } = printed
  const loader = loaderStem(plan.name, options)
  const context = {
    name: plan.name,
    version: options.version,
    options: optionLines(options.commandLine),
    files: { module: `${plan.name}.wasm` },
    inline: options.inline ? base64Lines(module) : undefined,
    ...labelContext(options),
  }
  const table = tableContext(plan, port => [`address: ${scope.addressOf(port.buffer)}`])
  const sources = `a module, its bytes, a Response${options.inline ? '' : ', a URL'}`
  return [
    {
      path: `${loader}.js`,
      content: render('wasm/loader.js', { ...context, ...table, build, sources, relaxed: scope.relaxed }),
    },
    { path: `${loader}.d.ts`, content: render('wasm/loader.d.ts', { ...context, ...declarationContext(plan) }) },
  ]
}
