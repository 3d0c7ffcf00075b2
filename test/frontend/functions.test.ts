import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { topological } from '../../src/ir/graph.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { evaluate } from '../evaluate.ts'
import { model } from '../onnx.ts'

describe('local functions', () => {
  const domain = 'local'
  const leaky = {
    name: 'Leaky',
    domain,
    in: ['x', 'shift'],
    out: ['y'],
    attributes: ['slope'],
    nodes: [
      { op: 'LeakyRelu', in: ['x'], out: ['l'], attrs: { alpha: { ref: 'slope' } }, name: 'inner' },
      { op: 'Clip', in: ['l', '', 'shift'], out: ['y'] },
    ],
  }
  const caller = (attrs: Record<string, number>, inputs = ['x', 'top']) =>
    model({
      inputs: { x: 'float[2]' },
      outputs: { y: 'float' },
      initializers: { top: f32([], [1.5]) },
      nodes: [{ op: 'Leaky', domain, in: inputs, out: ['y'], attrs, name: 'call' }],
      domains: { [domain]: 1 },
      functions: [leaky],
    })

  test('are inlined with their attributes', async () => {
    expect(await evaluate(caller({ slope: 0.5 }), { x: f32([2], [-4, 2]) })).toEqual([-2, 1.5])
  })
  test('take their own default for what is left out', async () => {
    expect(await evaluate(caller({}, ['x']), { x: f32([2], [-100, 2]) })).toEqual([-1, 2])
  })
  test('name their nodes after the caller', async () => {
    const { graph } = await readModel(caller({ slope: 0.5 }))
    const names = topological(graph).flatMap(node => node.origin)
    expect(names).toEqual(expect.arrayContaining(['call/inner', 'call/y']))
  })
  test('must not call themselves', async () => {
    const nodes = [{ op: 'Loop', domain, in: ['x'], out: ['y'] }]
    const bytes = model({
      inputs: { x: 'float[1]' },
      outputs: { y: 'float' },
      nodes,
      functions: [{ name: 'Loop', domain, in: ['x'], out: ['y'], nodes }],
    })
    await expect(readModel(bytes)).rejects.toThrow('calls itself')
  })
  test('defaults that the decoder drops are refused', async () => {
    const bytes = model({
      inputs: { x: 'float[1]' },
      outputs: { y: 'float' },
      nodes: [{ op: 'Leaky', domain, in: ['x'], out: ['y'] }],
      functions: [{ ...leaky, attributes: [] }],
    })
    await expect(readModel(bytes)).rejects.toThrow('calls a function with a default for its attribute slope')
  })
})
