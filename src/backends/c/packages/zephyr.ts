import { render } from '../../print/template.ts'
import { exampleInput, exampleMain } from './example.ts'
import type { PrintPackage } from './index.ts'

/** A module of Zephyr, with a sample. */
export const zephyr: PrintPackage = (plan, { version }, workspaceBytes) => {
  const { name } = plan
  const upper = name.toUpperCase()
  return [
    { path: 'zephyr/module.yml', content: render('packages/zephyr/module.yml', { name, version }) },
    { path: 'CMakeLists.txt', content: render('packages/zephyr/CMakeLists.txt', { name, upper, version }) },
    { path: 'Kconfig', content: render('packages/zephyr/Kconfig', { name, upper, workspaceBytes }) },
    { path: 'example/CMakeLists.txt', content: render('packages/zephyr/example.txt', { name }) },
    { path: 'example/prj.conf', content: render('packages/zephyr/prj.conf', { name, upper }) },
    { path: 'example/sample.yaml', content: render('packages/zephyr/sample.yaml', { name }) },
    { path: 'example/src/main.c', content: exampleMain(plan, 'int main(void)') },
    { path: 'example/src/example_input.h', content: exampleInput(plan) },
  ]
}
