import { CompileError } from '../../../ir/diagnostic.ts'
import { diagnostics } from '../../../ir/diagnostics.ts'
import type { Plan } from '../../../plan/plan.ts'
import type { PackageKind, PrintOptions, SourceFile } from '../../backend.ts'
import { arduino } from './arduino.ts'
import { cmake } from './cmake.ts'
import { espIdf } from './esp-idf.ts'
import { platformio } from './platformio.ts'
import { python } from './python.ts'
import { zephyr } from './zephyr.ts'

/** The files around NAME.c and NAME.h that make them a package of a build system or another language. */
export type PrintPackage = (plan: Plan, options: PrintOptions, workspaceBytes: number) => SourceFile[]

/** Exhaustive: a new kind does not compile without its file. */
const packages: { readonly [K in PackageKind]: PrintPackage } = {
  arduino,
  cmake,
  'esp-idf': espIdf,
  platformio,
  python,
  zephyr,
}

export const printPackage: PrintPackage = (plan, options, workspaceBytes) => {
  const { package: kind, constants } = options
  if (!kind) return []
  if (constants === 'file')
    throw new CompileError(diagnostics.invalidOption(`--package ${kind}`, 'it takes --constants inline only'))
  return packages[kind](plan, options, workspaceBytes)
}
