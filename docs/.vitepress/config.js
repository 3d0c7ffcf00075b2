import { defineConfig } from 'vitepress'

/** Where files beside the pages are shown, https://github.com/NAME/xnorc/blob/main; without it they are named only. */
const repository = process.env.REPOSITORY

/** Templates of ours in a line of text are no templates of Vue. */
function leaveCode(md) {
  const print = md.renderer.rules.code_inline
  md.renderer.rules.code_inline = (tokens, at, ...others) => {
    tokens[at].attrSet('v-pre', '')
    return print(tokens, at, ...others)
  }
}

/** Links out of docs/, to examples and sources. */
function linkOutside(md) {
  const isOutside = token => token.attrGet('href')?.startsWith('../')
  md.core.ruler.push('outside', ({ tokens }) => {
    for (const { children } of tokens) {
      let isOpen = false
      for (const token of children ?? []) {
        if (token.type === 'link_open' && isOutside(token)) {
          isOpen = true
          if (repository) token.attrSet('href', token.attrGet('href').replace('..', repository))
          else Object.assign(token, { tag: 'span', attrs: [] })
        } else if (token.type === 'link_close' && isOpen) {
          isOpen = false
          if (!repository) token.tag = 'span'
        }
      }
    }
  })
}

const pages = (text, items) => ({ text, items: items.map(([title, link]) => ({ text: title, link })) })

export default defineConfig({
  title: 'xnorc',
  description: 'Compiles binarized neural networks to standalone C, WASM and WGSL',
  cleanUrls: true,
  srcExclude: ['node_modules'],
  markdown: {
    languageAlias: { meson: 'python', starlark: 'python' },
    config: md => {
      leaveCode(md)
      linkOutside(md)
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    sidebar: [
      pages('Get started', [
        ['In a C or C++ program', '/start-c'],
        ['On a web page', '/start-web'],
        ['In research', '/start-research'],
      ]),
      pages('Use it', [
        ['Options', '/options'],
        ['Supported patterns', '/patterns'],
        ['Data sets', '/data'],
        ['Build systems', '/build'],
        ['Weights in a file', '/constants'],
        ['Microcontrollers', '/embedded'],
        ['Python', '/python'],
        ['Web', '/web'],
        ['Reports', '/report'],
      ]),
      pages('How well', [
        ['Performance', '/performance'],
        ['Networks for ImageNet', '/imagenet'],
      ]),
      pages('How it works', [
        ['Architecture', '/architecture'],
        ['How to add', '/architecture#how-to-add'],
        ['Security', '/security'],
      ]),
    ],
  },
})
