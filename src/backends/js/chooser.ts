import type { Plan } from '../../plan/plan.ts'
import type { PrintOptions, SourceFile } from '../backend.ts'
import { jsString, optionLines } from '../print/foreign-text.ts'
import { render } from '../print/template.ts'
import { declarationContext, labelContext } from './ports.ts'

/** NAME.js for the loaders NAME.wasm.js and NAME.wgsl.js: it loads the one that is wanted, and only that. */
export function printChooser(plan: Plan, options: PrintOptions): SourceFile[] {
  const declared = declarationContext(plan)
  const context = {
    name: plan.name,
    version: options.version,
    options: optionLines(options.commandLine),
    ...labelContext(options),
  }
  const lengths = [...plan.inputs, ...plan.outputs].map(({ name, buffer }) => ({
    name: jsString(name, "'"),
    length: buffer.length,
  }))
  const files = { wasm: `${plan.name}.wasm.js`, wgsl: `${plan.name}.wgsl.js` }
  return [
    { path: `${plan.name}.js`, content: render('js/chooser.js', { ...context, lengths, files }) },
    { path: `${plan.name}.d.ts`, content: render('js/chooser.d.ts', { ...context, ...declared }) },
  ]
}
