import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arg, call, type Expr, evaluator, number, showExpr } from '../../src/ir/expr.ts'
import { exprRange } from '../../src/ir/expr-range.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { constant, create, input } from '../../src/ir/node.ts'
import { between, hasZero, integers } from '../../src/ir/range.ts'
import { regroup, reshapeBroadcast } from '../../src/ir/regroup.ts'
import { slopeOf } from '../../src/ir/slope.ts'
import { bits, elements, f32, type Tensor } from '../../src/ir/tensor.ts'
import { conditionalStep, monotoneStep } from '../../src/passes/analysis/step-function.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { findThresholds } from '../../src/passes/thresholds/find-thresholds.ts'

/** Numbers as they stand in chains: of every size, those at which something overflows or vanishes too. */
const literal = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, -1, 0.5, -2, 0.229, 3, -0.01, 1 / 16) },
  { weight: 1, arbitrary: fc.constantFrom(1e30, -3e38, 1e-38, 1e-45, 16777216, 2 ** 31) },
  { weight: 2, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
)

/** A step of a chain: batch normalisation, slopes and their kin. */
const step: fc.Arbitrary<(x: Expr) => Expr> = fc.oneof(
  { weight: 4, arbitrary: literal.map(by => (x: Expr) => call('mul', x, number(by))) },
  { weight: 4, arbitrary: literal.map(by => (x: Expr) => call('add', x, number(by))) },
  literal.filter(by => by !== 0).map(by => (x: Expr) => call('div', x, number(by))),
  literal.map(by => (x: Expr) => call('max', x, number(by))),
  literal.map(by => (x: Expr) => call('min', x, number(by))),
  literal.map(by => (x: Expr) => call('select', call('ge', x, number(0)), x, call('mul', x, number(by)))),
  fc.constantFrom<(x: Expr) => Expr>(
    x => call('neg', x),
    x => call('abs', x),
    x => call('tanh', x),
    x => call('round', x),
    x => call('sub', number(1), x),
  ),
)

const chain = fc
  .array(step, { minLength: 1, maxLength: 5 })
  .map(steps => (x: Expr) => steps.reduce((value, next) => next(value), x))

const condition = fc.tuple(chain, fc.constantFrom<'ge' | 'gt'>('ge', 'gt'), literal).map(
  ([make, fn, limit]) =>
    (x: Expr) =>
      call(fn, make(x), number(limit)),
)

/** Ordinary numbers of every size, the ends of f32 aside. */
const ordinary = [0, 1, 0.1, 3, 17, 255, 1e3, 65_537, 1e6, 1e9, 1e-3, 1e-6, 1 / 16, 0.229]
  .flatMap(value => [value, -value])
  .map(Math.fround)

const image = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0], groups: 1 } as const
const TAPS = 6
const LARGEST = 2 ** 127 * (2 - 2 ** -23)

test('thresholds of sums of bits agree with the chain at every integer', () => {
  const x = input('x', { dtype: 'bit', shape: [2 ** TAPS, 1, 1, TAPS] })
  const all = bits(
    x.type.shape,
    Array.from({ length: 2 ** TAPS * TAPS }, (_, i) => (Math.floor(i / TAPS) >> (i % TAPS)) & 1),
  )
  const weights = constant(bits([2, 1, 1, TAPS], [1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1]), ['w'])
  fc.assert(
    fc.property(condition, make => {
      const layer = create('binaryConv2d', [x, weights], { ...image, epilogue: make(call('float', arg(0))) }, ['layer'])
      sameBefore(layer, all)
    }),
    { numRuns: 400 },
  )
})

test('thresholds of sums of floats agree with the chain at ordinary numbers', () => {
  const x = input('x', { dtype: 'f32', shape: [ordinary.length, 1, 1, 1] })
  const weights = constant(f32([2, 1, 1, 1], [1, -1]), ['w'])
  fc.assert(
    fc.property(condition, make => {
      const layer = create('conv2d', [x, weights], { ...image, epilogue: make(arg(0)) }, ['layer'])
      sameBefore(layer, f32(x.type.shape, ordinary))
    }),
    { numRuns: 400 },
  )
})

/** The layer alone, before and after its thresholds were found. */
function sameBefore(node: Parameters<typeof interpretOne>[0], feed: Tensor): void {
  const after = runPasses(graphOf(node), [{ name: 'thresholds', passes: [findThresholds] }]).graph
  const found = interpret(after, new Map([['x', feed]])).get('y')!
  expect(found.values, 'epilogue' in node.attrs ? showExpr(node.attrs.epilogue) : '').toEqual(interpretOne(node, feed))
}

const graphOf = (node: ReturnType<typeof create<'conv2d'>> | ReturnType<typeof create<'binaryConv2d'>>) => {
  const [x] = node.operands
  return { name: 'layer', inputs: x.op === 'input' ? [x] : [], outputs: [{ name: 'y', node }] }
}

const interpretOne = (node: Parameters<typeof graphOf>[0], feed: Tensor) =>
  interpret(graphOf(node), new Map([['x', feed]])).get('y')!.values

const sorted = [...ordinary].sort((a, b) => a - b)

test('what is said to rise rises, what is said to fall falls', () => {
  fc.assert(
    fc.property(chain, make => {
      const expr = make(arg(0))
      const slope = slopeOf(expr, [0], ['f32'], { low: -LARGEST, high: LARGEST })
      const run = evaluator(expr, ['f32'])
      const values = sorted.map(value => run([value])).filter(Number.isFinite)
      const turned = slope === 'falling' ? values.reverse() : values
      if (slope === 'unknown') return
      expect(
        turned.every((value, k) => k === 0 || value >= turned[k - 1]!),
        `${slope}: ${showExpr(expr)}`,
      ).toBe(true)
      if (slope === 'constant') expect(new Set(values).size).toBeLessThanOrEqual(1)
    }),
    { numRuns: 2000 },
  )
})

test('values lie in their range', () => {
  fc.assert(
    fc.property(chain, fc.tuple(literal, literal), fc.double({ min: 0, max: 1, noNaN: true }), (make, ends, part) => {
      const [low, high] = ends.map(Math.fround).sort((a, b) => a - b) as [number, number]
      const expr = make(arg(0))
      const range = exprRange(expr, [between(low, high)], ['f32'])
      const value = Math.min(Math.max(Math.fround(low + (high - low) * part), low), high)
      const result = evaluator(expr, ['f32'])([value])
      // Bounds round like the values, but for products of ends that overflow.
      if (!Number.isFinite(result)) return
      const slack = Math.abs(result) * 2 ** -20 + 1e-37
      expect(result >= range.low - slack && result <= range.high + slack, `${showExpr(expr)} at ${value}`).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('a zero of a function of few whole numbers is in its range', () => {
  let found = 0
  fc.assert(
    fc.property(chain, fc.tuple(fc.integer({ min: -128, max: 128 }), fc.nat(255)), (make, [low, count]) => {
      const expr = make(arg(0))
      const run = evaluator(expr, ['f32'])
      const zero = Array.from({ length: count + 1 }, (_, k) => low + k).find(value => run([value]) === 0)
      if (zero === undefined) return
      found++
      const range = exprRange(expr, [integers(low, low + count)], ['f32'])
      expect(hasZero(range), `${showExpr(expr)} at ${zero}`).toBe(true)
    }),
    { numRuns: 2000 },
  )
  expect(found).toBeGreaterThan(100)
})

test('a step is its condition, and agrees with what it came from', () => {
  const stepped = fc.tuple(chain, literal, literal, fc.boolean()).map(([make, low, high, round]) => {
    const x = make(arg(0))
    return round
      ? call('round', call('min', call('max', x, number(0)), number(1)))
      : call('select', call('gt', x, number(0)), number(high), number(low))
  })
  let found = 0
  fc.assert(
    fc.property(stepped, expr => {
      const result = conditionalStep(expr, ['f32'], [undefined]) ?? monotoneStep(expr, ['f32'])
      if (!result) return
      found++
      const [whole, fires] = [expr, result.condition].map(each => evaluator(each, ['f32']))
      for (const value of ordinary) {
        const actual = fires!([value]) ? result.high : result.low
        if (Number.isNaN(whole!([value]))) continue
        // -0 and 0 are one number.
        expect(actual + 0, `${showExpr(expr)} at ${value}`).toBe(whole!([value]) + 0)
      }
    }),
    { numRuns: 1000 },
  )
  expect(found).toBeGreaterThan(300)
})

const sizes = fc.array(fc.constantFrom(1, 2, 3, 4), { minLength: 1, maxLength: 4 })

/** Two shapes with as many elements: axes merged, then split elsewhere, ones put in. */
const reshapes = fc.tuple(sizes, fc.infiniteStream(fc.nat(5))).map(([from, next]) => {
  const to: number[] = []
  for (const size of from) {
    const how = next.next().value ?? 0
    if (how === 0 && to.length > 0) to.push(to.pop()! * size)
    else if (how === 1 && size === 4) to.push(2, 2)
    else if (how === 2) to.push(1, size)
    else to.push(size)
  }
  return [from, to] as const
})

test('an operand that follows a reshape broadcasts to what it would have been', () => {
  fc.assert(
    fc.property(reshapes, fc.infiniteStream(fc.boolean()), ([from, to], keep) => {
      const operand = from.map(size => (keep.next().value ? size : 1))
      const shape = reshapeBroadcast(operand, from, to)
      if (!shape) return
      const values = f32(
        operand,
        Array.from({ length: elements(operand) }, (_, k) => k),
      )
      const zeros = (of: readonly number[]) => constant(f32(of, new Float32Array(elements(of))), ['zero'])
      const spread = (of: readonly number[], own: readonly number[]) =>
        create('map', [constant({ ...values, shape: own }, ['c']), zeros(of)], { expr: call('add', arg(0), arg(1)) }, [
          'm',
        ])
      const run = (node: ReturnType<typeof spread>) =>
        interpret({ name: 'g', inputs: [], outputs: [{ name: 'y', node }] }, new Map()).get('y')!.values
      expect(run(spread(to, shape))).toEqual(run(spread(from, operand)))
    }),
    { numRuns: 1000 },
  )
})

test('groups cover all axes and hold as many elements on both sides', () => {
  fc.assert(
    fc.property(reshapes, ([from, to]) => {
      const groups = regroup(from, to)
      expect(groups.flatMap(group => group.from)).toEqual([...from.keys()])
      expect(groups.flatMap(group => group.to)).toEqual([...to.keys()])
      for (const group of groups)
        expect(elements(group.from.map(axis => from[axis]!))).toBe(elements(group.to.map(axis => to[axis]!)))
    }),
    { numRuns: 1000 },
  )
})
