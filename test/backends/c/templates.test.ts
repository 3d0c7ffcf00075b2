import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import Handlebars from 'handlebars'
import { describe, expect, it } from 'vitest'
import { callsOf } from '../../../src/backends/buffers.ts'
import { collectConstants } from '../../../src/backends/c/constants.ts'
import { layerOf } from '../../../src/backends/c/layers.ts'
import { lower } from '../../../src/backends/lower.ts'
import { randomGraphs } from '../../random-graphs.ts'

const folder = join(import.meta.dirname, '../../../templates')
const BUILT_IN = new Set(['if', 'each', 'this'])

/** Names that a template reads from its context, those of its parts among them; not those inside a list's entries. */
function variablesOf(name: string): Set<string> {
  const found = new Set<string>()
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const each of node) visit(each)
    else if (node && typeof node === 'object') {
      const { type } = node as { type?: string }
      if (type === 'PathExpression') {
        const { original } = node as unknown as { original: string }
        if (!BUILT_IN.has(original)) found.add(original)
      } else if (type === 'PartialStatement') {
        for (const variable of variablesOf((node as { name: { original: string } }).name.original)) found.add(variable)
      } else if (type === 'BlockStatement' && (node as { path: { original: string } }).path.original === 'each') {
        visit((node as { params: unknown }).params)
      } else for (const value of Object.values(node)) visit(value)
    }
  }
  visit(Handlebars.parse(readFileSync(join(folder, `${name}.hbs`), 'utf8')).body)
  return found
}

describe('templates of C kernels', () => {
  const offered = new Map<string, Set<string>>()
  for (const graph of fc.sample(randomGraphs, { numRuns: 200, seed: 7 })) {
    const plan = lower(graph)
    for (const call of plan.steps.flatMap(callsOf)) {
      const { template, context } = layerOf(call, { plan, constants: collectConstants(plan) })
      offered.set(template, new Set([...Object.keys(context), 'function', 'parameters']))
    }
  }

  it('read only what their kernel declares', () => {
    for (const [template, keys] of offered)
      expect(
        [...variablesOf(template)].filter(variable => !keys.has(variable)),
        template,
      ).toEqual([])
  })

  it('leave nothing unread that a kernel declares', () => {
    const read = new Set([...offered.keys()].flatMap(template => [...variablesOf(template)]))
    const declared = new Set([...offered.values()].flatMap(keys => [...keys]))
    expect([...declared].filter(key => !read.has(key))).toEqual([])
  })
})
