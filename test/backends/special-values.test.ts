import { describe, expect, it } from 'vitest'
import { wgsl } from '../../src/backends/wgsl/index.ts'
import { readModel } from '../../src/frontend/index.ts'
import { arg, call, type Expr } from '../../src/ir/expr.ts'
import type { Graph } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { constant, create, input } from '../../src/ir/node.ts'
import { parse } from '../../src/ir/parse.ts'
import { print } from '../../src/ir/print.ts'
import { f32, numbersOf } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { openDevice } from '../gpu.ts'
import { nodeModel } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { type Feeds, targets } from '../targets.ts'
import { importLoader, joinFeeds } from '../wgsl-runner.ts'

/** Every special value at every lane of a vector, and in what is left over. */
const special = [Number.NaN, Infinity, -Infinity, -0, 0, 1, -1, 2.5, -2.5, 3, 2 ** -126, -(2 ** -149), 3e38]
const left = special.flatMap(value => special.map(() => value))
const right = special.flatMap(() => special)
const size = left.length
const feeds: Feeds = new Map([
  ['x', f32([size], left)],
  ['y', f32([size], right)],
])
const [x, y] = ['x', 'y'].map(name => input(name, { dtype: 'f32', shape: [size] })) as [never, never]

const mapped = (name: string, expr: Expr, ...extras: readonly number[]): Graph => {
  const constants = extras.map((value, k) => constant(f32([1], [value]), [`c${k}`]))
  const node = create('map', [x, y, ...constants], { expr }, [name])
  return { name: `special_${name}`, inputs: [x, y], outputs: [{ name: 'out', node }] }
}

/** The same numbers, NaN and the signs of zeros included; `ulps` for what libraries approximate, some without tiny numbers. */
function expectSame(actual: readonly number[], expected: readonly number[], what: string, ulps = 0): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((value, i) => {
    const wanted = expected[i]!
    const isClose = Math.abs(value - wanted) <= ulps * 2 ** -23 * Math.max(Math.abs(wanted), 2 ** -126)
    if (!Object.is(value, wanted) && !(ulps > 0 && isClose && (wanted !== 0 || ulps > 2)))
      expect(`${what} of ${left[i]}, ${right[i]} is ${Object.is(value, -0) ? '-0' : value}`).toBe(
        `${Object.is(wanted, -0) ? '-0' : wanted}`,
      )
  })
}

const unary = ['neg', 'abs', 'sqrt', 'floor', 'ceil', 'round', 'sign'] as const
const [a, b, c] = [arg(0), arg(1), arg(2)]
const zero: Expr = { fn: 'number', value: 0 }

const exact: Readonly<Record<string, Graph>> = {
  ...Object.fromEntries(unary.map(fn => [fn, mapped(fn, call(fn, a))])),
  ...Object.fromEntries((['add', 'mul', 'div', 'max', 'min'] as const).map(fn => [fn, mapped(fn, call(fn, a, b))])),
  ...Object.fromEntries((['ge', 'gt', 'eq'] as const).map(fn => [fn, mapped(fn, call(fn, a, b))])),
  relu: mapped('relu', call('max', a, zero)),
  turned: mapped('turned', call('max', zero, a)),
  clip: mapped('clip', call('min', call('max', a, c), arg(3)), -1, 2),
  select: mapped('select', call('select', call('gt', a, b), a, b)),
  literals: mapped(
    'literals',
    [Number.NaN, Infinity, -Infinity, -0].reduce<Expr>(
      (rest, value) =>
        call('select', call('eq', a, { fn: 'number', value }), b, call('add', rest, { fn: 'number', value })),
      b,
    ),
  ),
}

const approximate: Readonly<Record<string, Graph>> = {
  ...Object.fromEntries((['exp', 'log', 'tanh'] as const).map(fn => [fn, mapped(fn, call(fn, a))])),
  pow: mapped('pow', call('pow', a, b)),
}

const borders = [Infinity, -Infinity, Number.NaN, -0]
const small = input('x', { dtype: 'f32', shape: [1, 2] })
const bordered: Readonly<Record<string, Graph>> = Object.fromEntries(
  borders.map((value, k) => {
    const node = create('pad', [small], { before: [0, 1], after: [1, 0], value }, [`border${k}`])
    return [`border${k}`, { name: `special_border${k}`, inputs: [small], outputs: [{ name: 'out', node }] }]
  }),
)

/** Rows of four with a special value at each place, as images of eight channels. */
const rows = [0, 1, 2, 3].flatMap(at => special.map(value => [1, -2, 0, 3].with(at, value)))
rows.push([-0, 0, -0, 0], [0, -0, 0, -0], Array(4).fill(-Infinity), Array(4).fill(Number.NaN), [
  Infinity,
  1,
  Number.NaN,
  -Infinity,
])
const images = f32(
  [rows.length, 1, 4, 11],
  rows.flatMap(row => row.flatMap(value => Array(11).fill(value))),
)
const image = input('x', { dtype: 'f32', shape: images.shape })
const window = {
  kernel: [1, 4],
  stride: [1, 1],
  dilation: [1, 1],
  padding: [0, 0, 0, 0],
  counted: [0, 0, 0, 0],
} as const
const reduced: Readonly<Record<string, Graph>> = Object.fromEntries(
  [
    ...(['max', 'mean'] as const).map(
      kind => [`pool_${kind}`, create('pool', [image], { ...window, kind, epilogue: a }, [kind])] as const,
    ),
    ...(['max', 'min', 'sum', 'mean'] as const).flatMap(kind => [
      [`${kind}_2`, create('reduce', [image], { kind, axes: [2], epilogue: a }, [kind])] as const,
      [`${kind}_3`, create('reduce', [image], { kind, axes: [2, 3], epilogue: a }, [kind])] as const,
    ]),
  ].map(([name, node]) => [name, { name: `special_${name}`, inputs: [image], outputs: [{ name: 'out', node }] }]),
)

/** One graph with the outputs of all, so that a compiler starts once. */
const together = (name: string, graphs: Readonly<Record<string, Graph>>): Graph => ({
  name,
  inputs: Object.values(graphs)[0]!.inputs,
  outputs: Object.entries(graphs).map(([each, { outputs }]) => ({ name: each, node: outputs[0]!.node })),
})

const elementwise = together('elementwise', { ...exact, ...approximate })
const reductions = together('reductions', reduced)

describe.each(Object.entries(targets))('%s equals the interpreter', (_, run) => {
  it('elementwise', { timeout: 240_000 }, async () => {
    const actual = await run(elementwise, feeds)
    for (const [name, expected] of interpret(elementwise, feeds))
      expectSame(numbersOf(actual.get(name)!), numbersOf(expected), name, name in approximate ? 2 : 0)
  })

  it('pools and reductions', { timeout: 240_000 }, async () => {
    const given: Feeds = new Map([['x', images]])
    const actual = await run(reductions, given)
    for (const [name, expected] of interpret(reductions, given))
      expect(numbersOf(actual.get(name)!), name).toEqual(numbersOf(expected))
  })

  it('borders', async () => {
    const given: Feeds = new Map([['x', f32([1, 2], [1, 2])]])
    const actual = await run(together('borders', bordered), given)
    Object.keys(bordered).forEach((name, k) => {
      const value = borders[k]!
      expect(numbersOf(actual.get(name)!), name).toEqual([value, 1, 2, value, value, value])
    })
  })
})

it('the text form reads every border as it shows it', () => {
  for (const graph of Object.values(bordered)) expect(print(parse(print(graph)))).toBe(print(graph))
})

describe('the interpreter equals onnxruntime', () => {
  const pair = { x: `float[${size}]`, y: `float[${size}]` }
  const alone = { x: `float[${size}]` }
  const cases: readonly (readonly [string, number])[] = [
    ...['Neg', 'Abs', 'Floor', 'Ceil', 'Round', 'Sign', 'Relu', 'ThresholdedRelu', 'LeakyRelu'].map(
      op => [op, 0] as const,
    ),
    ...['Max', 'Min', 'Add', 'Mul', 'Div', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'].map(
      op => [op, 0] as const,
    ),
    ...[
      'Exp',
      'Log',
      'Tanh',
      'Sigmoid',
      'Elu',
      'Selu',
      'Softplus',
      'Softsign',
      'HardSigmoid',
      'HardSwish',
      'Pow',
      'Sqrt',
    ].map(op => [op, 32] as const),
  ]
  const binary = new Set([
    'Max',
    'Min',
    'Add',
    'Mul',
    'Div',
    'Pow',
    'Greater',
    'GreaterOrEqual',
    'Less',
    'LessOrEqual',
    'Equal',
  ])
  const logic = new Set(['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'])

  it.each(cases)('%s', async (op, ulps) => {
    const bytes = nodeModel(
      op,
      binary.has(op) ? pair : alone,
      {},
      { opset: 18, outputs: { out: logic.has(op) ? 'bool' : 'float' } },
    )
    const given = new Map([...feeds].filter(([name]) => name === 'x' || binary.has(op)))
    const { graph } = await readModel(bytes)
    const [expected] = (await runOnnxruntime(bytes, given)).values()
    const [actual] = interpret(graph, given).values()
    // Which zero it is, onnxruntime decides by the width of its vectors.
    const unsigned = (values: readonly number[]) => values.map(value => (value === 0 ? 0 : value))
    expectSame(unsigned(numbersOf(actual!)), unsigned(expected!.values), op, ulps)
  })

  it('Clip', async () => {
    const bounds = { low: f32([], [-1]), high: f32([], [2]) }
    const bytes = nodeModel('Clip', alone, {}, { initializers: bounds })
    const given = new Map([['x', feeds.get('x')!]])
    const { graph } = await readModel(bytes)
    const [expected] = (await runOnnxruntime(bytes, given)).values()
    expectSame(numbersOf(interpret(graph, given).get('out')!), expected!.values, 'Clip')
  })
})

it('WGSL has text for every literal', async () => {
  const device = await openDevice('null')
  for (const graph of [exact.literals!, ...Object.values(bordered)]) {
    const plan = lower(graph, wgsl.lowering)
    device.pushErrorScope('validation')
    const model = await (await importLoader(plan)).load({ device, allowNaN: true })
    await model.run(joinFeeds(plan, [graph === exact.literals ? feeds : new Map([['x', f32([1, 2], [1, 2])]])]))
    expect((await device.popErrorScope())?.message).toBeUndefined()
    model.destroy()
  }
  device.destroy()
})
