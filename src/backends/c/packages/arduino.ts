import { render } from '../../print/template.ts'
import { exampleContext, exampleInput } from './example.ts'
import type { PrintPackage } from './index.ts'

/** A library of Arduino, with a sketch. Its sources lie beside library.properties, as the flat layout has them. */
export const arduino: PrintPackage = (plan, { version }, workspaceBytes) => {
  const { name } = plan
  return [
    {
      path: 'library.properties',
      content: render('packages/arduino/library.properties', { name, version, workspaceBytes }),
    },
    { path: 'examples/classify/classify.ino', content: render('packages/arduino/classify.ino', exampleContext(plan)) },
    { path: 'examples/classify/example_input.h', content: exampleInput(plan) },
  ]
}
