import { CompileError } from '../../../ir/diagnostic.ts'
import { diagnostics } from '../../../ir/diagnostics.ts'
import { render } from '../../print/template.ts'
import { exampleInput, exampleMain } from './example.ts'
import type { PrintPackage } from './index.ts'

/** Targets that CMake's generators have themselves. */
const RESERVED = ['all', 'clean', 'edit_cache', 'help', 'install', 'package', 'rebuild_cache', 'test']

/** A static library for add_subdirectory; built alone, also an example. */
export const cmake: PrintPackage = (plan, { version }) => {
  const { name } = plan
  if (RESERVED.includes(name))
    throw new CompileError(diagnostics.invalidOption('--package cmake', `CMake has a target '${name}' of its own`))
  return [
    { path: 'CMakeLists.txt', content: render('packages/cmake/CMakeLists.txt', { name, version }) },
    { path: 'example/main.c', content: exampleMain(plan, 'int main(void)') },
    { path: 'example/example_input.h', content: exampleInput(plan) },
  ]
}
