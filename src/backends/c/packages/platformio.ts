import { render } from '../../print/template.ts'
import { exampleInput, exampleMain } from './example.ts'
import type { PrintPackage } from './index.ts'

/** A library of PlatformIO, with an example that runs on the computer until it is given a board. */
export const platformio: PrintPackage = (plan, { version }) => {
  const { name } = plan
  const base = 'examples/classify'
  const manifest = {
    name,
    version: '0.0.0',
    description: `A neural network compiled by xnorc ${version} to plain C`,
    keywords: ['neural network', 'classification'],
    headers: `${name}.h`,
    frameworks: '*',
    platforms: '*',
    build: { srcDir: '.', srcFilter: `+<${name}.c>` },
    examples: [{ name: 'classify', base, files: ['platformio.ini', 'src/main.c', 'src/example_input.h'] }],
  }
  return [
    { path: 'library.json', content: `${JSON.stringify(manifest, null, 2)}\n` },
    { path: `${base}/platformio.ini`, content: render('packages/platformio/platformio.ini', { name }) },
    { path: `${base}/src/main.c`, content: exampleMain(plan, 'int main(void)') },
    { path: `${base}/src/example_input.h`, content: exampleInput(plan) },
  ]
}
