import type { Plan } from '../../../plan/plan.ts'
import type { PackageKind, PrintOptions, SourceFile } from '../../backend.ts'
import { python } from './python.ts'

/** The files around NAME.c and NAME.h that make them a package of a build system or another language. */
export type PrintPackage = (plan: Plan, options: PrintOptions, workspaceBytes: number) => SourceFile[]

/** Exhaustive: a new kind does not compile without its file. */
const packages: { readonly [K in PackageKind]: PrintPackage } = { python }

export const printPackage: PrintPackage = (plan, options, workspaceBytes) =>
  options.package ? packages[options.package](plan, options, workspaceBytes) : []
