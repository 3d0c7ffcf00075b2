import { html } from '../src/report/page/html.ts'
import type { Summary } from '../src/summary.ts'
import { copyButton, element, find } from './dom.ts'
import { highlight } from './highlight.ts'

/** How to do the same without this page. */
export function showCommands(file: string, { name, inputs, outputs }: Summary, commandLine: string): void {
  const options = commandLine === '' ? '' : ` ${commandLine}`
  const quoted = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`
  const given = inputs.map(input => input.name).join(', ')
  const taken = outputs.map(output => output.name).join(', ')
  const shown: readonly (readonly [title: string, text: string, language: string])[] = [
    [
      'On the command line',
      `npx xnorc inspect ${quoted}${options}
npx xnorc compile ${quoted} --target c --name ${name}${options}
npx xnorc compile ${quoted} --target wasm,wgsl --name ${name}${options}
npx xnorc verify ${quoted}${options}
npx xnorc report ${quoted}${options} -o report.html`,
      'sh',
    ],
    [
      'In a page or in Node',
      `import { load } from './${name}.js'

const ${name} = await load()
const { ${taken} } = await ${name}.run({ ${given} })`,
      'x.js',
    ],
    [
      'In C',
      `#include "${name}.h"

static double workspace[${name.toUpperCase()}_WORKSPACE_BYTES / sizeof(double) + 1];

${name}_run(${[...inputs, ...outputs].map(port => port.name).join(', ')}, workspace);`,
      'x.c',
    ],
  ]
  find('#commands').replaceChildren(
    ...shown.map(([title, text, language]) => {
      const block = element`<div class="view"><div class="bar-of-file"><b>${title}</b></div><pre tabindex="0" aria-label="${title}"><code>${language === 'sh' ? html`${text}` : highlight(language, text)}</code></pre></div>`
      find('.bar-of-file', block).append(copyButton(() => text))
      return block
    }),
  )
}
