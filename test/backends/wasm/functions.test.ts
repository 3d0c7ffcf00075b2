import { expect, it } from 'vitest'
import { arg, call, type Fn } from '../../../src/ir/expr.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { create, input } from '../../../src/ir/node.ts'
import { f32 } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { loadPlan } from '../../wasm-runner.ts'

const wide = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 20)
const tiny = Float32Array.from({ length: 401 }, (_, i) => (i - 200) * 1e-7)
const edges = Float32Array.of(0, -0, 1, -1, 88.7, 88.8, -87.4, -103.9, -104, 3e38, -3e38, 1e-38, 1e-44, 0.5, 2, 7)
const values = Float32Array.of(...wide, ...tiny, ...edges)

/** Rounded to f32 from double precision, as the interpreter does: a last bit may differ where it lies half-way. */
const ONE_ULP = 2 ** -23

async function compare(fn: Fn, inputs: readonly Float32Array[]): Promise<void> {
  const operands = inputs.map((each, k) => input(`x${k}`, { dtype: 'f32', shape: [each.length] }))
  const node = create('map', operands, { expr: call(fn, ...inputs.map((_, k) => arg(k))) }, [fn])
  const graph = { name: 'functions', inputs: operands, outputs: [{ name: 'y', node }] }
  const feeds = new Map(inputs.map((each, k) => [`x${k}`, f32([each.length], each)]))
  const actual = (await loadPlan(lower(graph)))(feeds).get('y')!.values as Float32Array
  const expected = interpret(graph, feeds).get('y')!.values as Float32Array
  actual.forEach((value, i) => {
    const wanted = expected[i]!
    const isClose = Math.abs(value - wanted) <= Math.abs(wanted) * ONE_ULP || Object.is(value, wanted)
    const isSame = isClose || value === wanted || (Number.isNaN(value) && Number.isNaN(wanted))
    if (!isSame) expect(`${fn}(${inputs.map(each => each[i])}) = ${value}`).toBe(`${wanted}`)
  })
}

it.each(['exp', 'log', 'tanh', 'sqrt', 'floor', 'ceil', 'round', 'sign', 'abs', 'neg'] as const)('%s', fn =>
  compare(fn, [values]))

it('pow', () => {
  const bases = Float32Array.from({ length: 900 }, (_, i) => ((i % 30) - 10) / 4)
  const powers = Float32Array.from({ length: 900 }, (_, i) => (Math.floor(i / 30) - 15) / 2)
  return compare('pow', [bases, powers])
})
