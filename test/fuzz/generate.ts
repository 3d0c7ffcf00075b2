import { elements } from '../../src/ir/tensor.ts'
import { dyadic, seeded } from '../random.ts'
import { Builder } from './builder.ts'
import { type Choices, fresh, replay } from './choices.ts'
import { grammar } from './grammar/index.ts'
import { ROWS } from './grammar/selection.ts'
import type { Network, Value } from './network.ts'

/** A network as the decisions that made it: every list of numbers is one, so that it can be cut and lowered. */
export interface Recipe {
  /** Operator set, style, sizes, inputs. */
  readonly start: readonly number[]
  readonly steps: readonly Step[]
  /** Outputs and samples. */
  readonly end: readonly number[]
}

export interface Step {
  readonly domain: string
  readonly op: string
  readonly made: readonly number[]
}

const OPSETS = [17, 13, 11, 18, 20, 9, 14, 7, 12, 21, 25, 22, 10, 8, 15, 16, 19, 23, 24, 6]
const MOST_STEPS = 12

/** Operators with their weights; those that onnxruntime does not know are rare. */
const operators = Object.entries(grammar).flatMap(([domain, rules]) =>
  Object.entries(rules).map(([op, rule]) => ({
    domain,
    op,
    rule,
    weight: domain === '' ? rule.weight : rule.weight / 12,
  })),
)
const total = operators.reduce((sum, { weight }) => sum + weight, 0)

const activations = [
  'Sign',
  'Mul',
  'Add',
  'Div',
  'BatchNormalization',
  'BatchNormalization',
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Sign',
  'Clip',
  'Where',
]
const layers = ['Conv', 'Conv', 'Gemm', 'MatMul']
const windows = ['MaxPool', 'AveragePool', 'Pad', 'Conv', 'Sign']
const reshapes = ['Conv', 'Conv', 'Conv', 'Conv', 'Gemm', 'Concat', 'Transpose', 'Reshape', 'BatchNormalization', 'Mul']

/** What stands behind what in trained networks; compilers have most of their rules for these. */
const followers: Readonly<Record<string, readonly string[]>> = {
  Conv: [...activations, ...windows],
  Gemm: activations,
  MatMul: activations,
  Mul: activations,
  Add: [...activations, ...layers],
  Div: activations,
  BatchNormalization: [...activations, 'Sign', 'Sign', ...windows],
  Relu: [...activations, ...windows],
  LeakyRelu: activations,
  PRelu: activations,
  Sign: [...layers, ...layers, 'MaxPool', 'Pad', 'Reshape', 'Flatten'],
  Pad: [...layers, 'AveragePool', 'MaxPool'],
  Where: layers,
  MaxPool: [...layers, ...activations],
  AveragePool: activations,
  Reshape: reshapes,
  Flatten: reshapes,
  Unsqueeze: reshapes,
  Transpose: reshapes,
  ReduceMean: activations,
  ReduceMax: [...activations, 'Gather'],
  GlobalAveragePool: [...activations, 'Flatten'],
}

/** The next operator: one that often stands behind the last, or any. */
function operatorAfter(last: string | undefined, random: () => number) {
  const usual = last === undefined ? undefined : followers[last]
  if (!usual || random() < 0.35) return operatorAt(random() * total)
  const op = usual[Math.floor(random() * usual.length)]!
  return { domain: '', op, rule: grammar['']![op]! }
}

function operatorAt(place: number) {
  let sum = 0
  for (const operator of operators) {
    sum += operator.weight
    if (place < sum) return operator
  }
  return operators[0]!
}

/** The recipe of a seed, and its network. */
export function generate(seed: number): { readonly recipe: Recipe; readonly network: Network } {
  const random = seeded(seed)
  const start = fresh(random() * 2 ** 31)
  const b = begin(start)
  const steps: Step[] = []
  const wanted = 1 + Math.floor(random() * MOST_STEPS)
  for (let tries = 0; tries < 4 * wanted && steps.length < wanted; tries++) {
    const { domain, op, rule } = operatorAfter(steps.at(-1)?.op, random)
    const c = fresh(random() * 2 ** 31)
    if (b.opset >= rule.since && b.attempt(() => rule.make(b, c))) steps.push({ domain, op, made: c.made })
  }
  const end = fresh(random() * 2 ** 31)
  const network = finish(b, end)
  return { recipe: { start: start.made, steps, end: end.made }, network }
}

/** The network of a recipe; steps that do not fit what is left of it are left out. */
export function build({ start, steps, end }: Recipe): Network {
  const b = begin(replay(start))
  for (const { domain, op, made } of steps) {
    const rule = grammar[domain]![op]!
    if (b.opset >= rule.since) b.attempt(() => rule.make(b, replay(made)))
  }
  return finish(b, replay(end))
}

function begin(c: Choices): Builder {
  const opset = OPSETS[c.pick(2) ? c.pick(OPSETS.length) : c.near(OPSETS.length)]!
  const style = c.oneOf('torch', 'tensorflow')
  const some = () => [1, 2, 3, 4, 5, 6, 8, 7][c.pick(8)]!
  const wide = c.once(10) ? [[32, 33, 64, 40][c.pick(4)]!] : []
  const b = new Builder(opset, style, [some(), some(), ...wide])
  const rank = c.oneOf(4, 4, 2, 3, 1)
  b.attempt(() => b.input('float', b.shape(c, rank)))
  if (c.once(8)) b.attempt(() => b.input(c.oneOf('int32', 'uint8'), b.shape(c, c.oneOf(4, 2, 3, 1))))
  return b
}

/** What can be handed out: values that nothing reads, mostly; sometimes inputs, constants and values that are read. */
function finish(b: Builder, c: Choices): Network {
  if (b.values.length === 0) b.attempt(() => b.input('float', [1]))
  const read = new Set(b.nodes.flatMap(node => node.in))
  const made = b.values.filter(({ type }) => type === 'float' || type === 'int32' || type === 'bool')
  const isInput = (value: Value) => b.inputs.includes(value)
  const ends = made.filter(value => !read.has(value.name) && !isInput(value))
  const dead = ends.length > 1 && c.once(6) ? ends[0] : undefined
  const outputs = new Set(ends.filter(value => value !== dead).map(({ name }) => name))
  if (c.once(8) || outputs.size === 0) outputs.add((made[c.pick(made.length)] ?? made[0]!).name)
  const floats = Object.entries(b.constants).filter(([, { type, shape }]) => type === 'float' && shape.length > 0)
  if (c.once(20) && floats.length > 0) outputs.add(floats[c.pick(floats.length)]![0])
  // The generated C program takes 16 ports.
  const few = [...outputs].slice(0, 8)
  return b.finish(
    few,
    [0, 1].map(sample => Object.fromEntries(b.inputs.map(value => [value.name, sampleOf(value, c, sample)]))),
  )
}

/** Values for an input: eighths without 0 first, then with zeros, or floats of any size. */
function sampleOf({ name, type, shape }: Value, c: Choices, sample: number): number[] {
  const next = seeded(c.pick(4096))
  const kind = sample === 0 ? 0 : c.pick(4)
  const value = (): number => {
    if (name.startsWith('ids')) return Math.floor(next() * ROWS)
    if (type === 'uint8') return Math.floor(next() * 256)
    if (type === 'bool') return Math.floor(next() * 2)
    if (type === 'int32') return kind === 3 ? Math.floor(next() * 2 ** 32 - 2 ** 31) : Math.floor(next() * ROWS)
    if (kind <= 1) return dyadic(next)
    return kind === 2 ? Math.floor(next() * 5 - 2) / 2 : Math.fround((next() - 0.5) * 10 ** (next() * 8 - 3))
  }
  return Array.from({ length: elements(shape) }, value)
}
