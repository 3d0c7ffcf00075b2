import { describe, expect, it } from 'vitest'
import { readTemplates } from '../../scripts/embed-templates.js'
import { printContexts } from '../../scripts/template-contexts.js'
import { render } from '../../src/backends/print/template.ts'

const contextOf = (text: string, ...parts: readonly { name: string; text: string }[]): string => {
  const source: string = printContexts([{ name: 'c/sample.c', text }, ...parts])
  const [, body] = source.split('export interface CSample {')
  return body!.split('}\n\n')[0]!.replace(/\s+/g, ' ').trim()
}

describe('the type of a context', () => {
  it('has what is printed as text or numbers', () =>
    expect(contextOf('{{name}}')).toBe('readonly name: string | number;'))

  it('has what is only asked for as a condition, and both where both is done', () => {
    expect(contextOf('{{#if many}}x{{/if}}{{#unless none}}{{one}}{{/unless}}')).toBe(
      'readonly many: Condition; readonly none: Condition; readonly one: string | number;',
    )
    expect(contextOf('{{#if end}}{{end}}{{/if}}')).toBe('readonly end: string | number | null | undefined;')
  })

  it('has lists, of text or of objects, and what they read outside', () => {
    expect(contextOf('{{#each lines}}{{this}}{{/each}}')).toBe('readonly lines: readonly (string | number)[];')
    expect(contextOf('{{#each loops}}{{index}}{{../y}}{{/each}}')).toBe(
      'readonly loops: readonly ({ readonly index: string | number })[]; readonly y: string | number;',
    )
  })

  it('has what parts read, in an object where they are given one', () => {
    const part = { name: 'c/part.c', text: '{{x}}' }
    expect(contextOf('{{> "c/part.c"}}', part)).toBe('readonly x: string | number;')
    expect(contextOf('{{> "c/part.c" inner}}', part)).toBe('readonly inner: { readonly x: string | number };')
  })

  it('has no variables of loops', () =>
    expect(contextOf('{{#loop "p" count as |p|}}  {{p}}{{x}}{{/loop}}')).toBe(
      'readonly count: string | number; readonly x: string | number;',
    ))
})

describe('templates', () => {
  it('take what they read, nothing less and nothing more', () => {
    const context = { comment: '/* one */', head: 'void one(void)', length: 2, value: '1' }
    expect(render('c/kernels/fill.c', context)).toContain('i < 2')
    // @ts-expect-error: the length is missing.
    expect(() => render('c/kernels/fill.c', { comment: '', head: '', value: '1' })).toThrow('length')
    // @ts-expect-error: nothing reads a width.
    expect(render('c/kernels/fill.c', { ...context, width: 1 })).toContain('i < 2')
  })

  it('are short, and have few conditions', () => {
    for (const { name, text } of readTemplates() as { name: string; text: string }[])
      expect(text.match(/\{\{#if|\{\{#unless|\{\{else if/g)?.length ?? 0, name).toBeLessThanOrEqual(8)
  })

  it('print loops that run once as their lines', () => {
    const one = { guard: 'G', comment: '', head: '', quads: 1, eachPixel: '', pixelStart: 'x', pixelSums: 'sums' }
    const text = (quads: number) => render('c/isa/sse4/accumulate.c', { ...one, quads, weightsAt: '0' })
    expect(text(2)).toContain('  UNROLL\n  for (int v = 0; v < 2; v++)\n    totals[v] =')
    expect(text(1)).toContain('\n  totals[0] =')
    expect(text(1)).not.toContain('for (int v')
  })
})
