import { render } from '../../print/template.ts'
import { exampleInput, exampleMain } from './example.ts'
import type { PrintPackage } from './index.ts'

/** A component of ESP-IDF, with an example where its registry looks for one. */
export const espIdf: PrintPackage = (plan, { version }) => {
  const { name } = plan
  const example = 'examples/classify'
  return [
    { path: 'CMakeLists.txt', content: render('packages/esp-idf/CMakeLists.txt', { name, version }) },
    { path: 'idf_component.yml', content: render('packages/esp-idf/idf_component.yml', { name, version }) },
    { path: `${example}/CMakeLists.txt`, content: render('packages/esp-idf/project.txt', { name }) },
    { path: `${example}/main/CMakeLists.txt`, content: render('packages/esp-idf/main.txt', {}) },
    { path: `${example}/main/main.c`, content: exampleMain(plan, 'void app_main(void)') },
    { path: `${example}/main/example_input.h`, content: exampleInput(plan) },
  ]
}
