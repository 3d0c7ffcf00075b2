import { describe, expect, it } from 'vitest'
import { arg, call } from '../../src/ir/expr.ts'
import { constant, create, input } from '../../src/ir/node.ts'
import { bits, f32 } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import type { Buffer, Call, Plan, Step } from '../../src/plan/plan.ts'
import { verifyPlan } from '../../src/plan/verify.ts'

const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] } as const

/** A float convolution and a pool that make a strip, a map behind them, and a binary layer with packed weights. */
function sample(strips = true): Plan {
  const x = input('x', { dtype: 'f32', shape: [1, 8, 8, 1] })
  const weights = constant(f32([4, 3, 3, 1], new Float32Array(36)), ['weights'])
  const conv = create('conv2d', [x, weights], { ...window, groups: 1, epilogue: arg(0) }, ['conv'])
  const pool = create(
    'pool',
    [conv],
    { ...window, kind: 'max', kernel: [2, 2], counted: [0, 0, 0, 0], epilogue: arg(0) },
    ['pool'],
  )
  const sign = create('map', [pool], { expr: call('ge', arg(0), call('neg', arg(0))) }, ['sign'])
  const signs = constant(bits([3, 5, 5, 4], new Uint8Array(300).fill(1)), ['signs'])
  const sums = create('binaryConv2d', [sign, signs], { ...window, groups: 1, epilogue: call('float', arg(0)) }, [
    'sums',
  ])
  const outputs = [{ name: 'y', node: create('map', [sums], { expr: call('neg', arg(0)) }, ['negative']) }]
  return lower({ name: 'sample', inputs: [x], outputs }, { strips })
}

const callNamed = (plan: Plan, name: string): Call => {
  const found = plan.steps.flatMap(step => (step.kind === 'call' ? [step.call] : [step.producer, step.consumer]))
  return found.find(each => each.name === name)!
}

/** The plan with one call changed. */
const withCall = (plan: Plan, name: string, change: (call: Call) => object): Plan => ({
  ...plan,
  steps: plan.steps.map((step): Step => {
    const inCall = (each: Call): Call => (each.name === name ? ({ ...each, ...change(each) } as Call) : each)
    return step.kind === 'call'
      ? { kind: 'call', call: inCall(step.call) }
      : { ...step, producer: inCall(step.producer), consumer: inCall(step.consumer) }
  }),
})

const moved = (buffer: Buffer, offset: number): Buffer => ({ ...buffer, place: { kind: 'workspace', offset } })

describe('verifyPlan', () => {
  it('accepts what lower makes', () => {
    verifyPlan(sample())
    verifyPlan(sample(false))
  })

  it('1: refuses names that some language cannot take, or that two things share', () => {
    for (const name of ['int', 'let', 'fn', '2nd', 'a-b', 'a__b'])
      expect(() => verifyPlan(withCall(sample(), 'sums', () => ({ name })))).toThrow('rule 1')
    expect(() => verifyPlan(withCall(sample(), 'sums', () => ({ name: 'SIGN' })))).toThrow(
      "'SIGN' stands for two things",
    )
  })

  it('2: refuses buffers of another length than the parameters say', () => {
    const plan = sample()
    const wider = { params: { ...callNamed(plan, 'sums').params, filters: 4 } }
    expect(() => verifyPlan(withCall(plan, 'sums', () => wider))).toThrow('rule 2: sums wants 100 of weights')
    const longer = { params: { sizes: [2, 4] } }
    expect(() => verifyPlan(withCall(plan, 'negative', () => longer))).toThrow('rule 2')
  })

  it('3: refuses packed weights with bits past their channels', () => {
    const plan = withCall(sample(), 'sums', ({ buffers }) => {
      const { weights } = buffers as { weights: Buffer }
      const data = new Uint32Array(weights.length).fill(0x1f)
      return { buffers: { ...buffers, weights: { ...weights, place: { kind: 'constant', data } } } }
    })
    expect(() => verifyPlan(plan)).toThrow('rule 3')
  })

  it('4: refuses to read what is not written, and outputs that never are', () => {
    const plan = sample()
    expect(() => verifyPlan({ ...plan, steps: plan.steps.slice(1) })).toThrow('before it is written')
    expect(() => verifyPlan({ ...plan, steps: plan.steps.slice(0, -1) })).toThrow('never written')
    const [x] = plan.inputs
    const swapped = withCall(plan, 'negative', () => ({
      y: { ...plan.outputs[0]!.buffer, name: 'other', place: x!.buffer.place },
    }))
    expect(() => verifyPlan(swapped)).toThrow('rule 4')
  })

  it('5: refuses buffers that overlap while both are alive, lie crooked or stick out', () => {
    const plan = sample(false)
    const y = (offset: number) => ({ ...plan, steps: replaceBuffer(plan.steps, callNamed(plan, 'pool').y, offset) })
    const { offset } = callNamed(plan, 'conv').y.place as { offset: number }
    expect(() => verifyPlan(y(offset))).toThrow('overlap')
    expect(() => verifyPlan(y(4))).toThrow('lies at 4')
    expect(() => verifyPlan(y(1 << 20))).toThrow('ends at')
  })

  it('6: refuses a ring that is too small, or that only one side knows', () => {
    const plan = sample()
    const ringOf = (rows: number) => (each: Call) => ({ params: { ...each.params, inRing: rows } })
    expect(() => verifyPlan(withCall(plan, 'pool', ringOf(8)))).toThrow('rule')
    const step = plan.steps.find(each => each.kind === 'strip')!
    const small = { ...step.producer.y, length: step.producer.y.length / 2 }
    const one = withCall(
      withCall(plan, 'conv', each => ({ params: { ...each.params, outRing: 1 }, y: small })),
      'pool',
      each => ({ params: { ...each.params, inRing: 1 }, buffers: { x: small } }),
    )
    expect(() => verifyPlan(one)).toThrow('ring of 1 rows is too small')
  })
})

function replaceBuffer(steps: readonly Step[], target: Buffer, offset: number): Step[] {
  const other = moved(target, offset)
  const swap = (buffer: Buffer): Buffer => (buffer === target ? other : buffer)
  return steps.map(step => {
    if (step.kind !== 'call') return step
    const { call: each } = step
    const buffers = Object.fromEntries(Object.entries<Buffer>(each.buffers).map(([role, b]) => [role, swap(b)]))
    const operands = each.store.operands.map(operand => ({ ...operand, buffer: swap(operand.buffer) }))
    return { kind: 'call', call: { ...each, y: swap(each.y), buffers, store: { ...each.store, operands } } as Call }
  })
}
