import { elements, type Shape, sameShape } from '../../src/ir/tensor.ts'
import type { NodeSpec } from '../onnx.ts'
import { seeded } from '../random.ts'
import type { Choices } from './choices.ts'
import { type Constant, type Network, rawTensor, type Type, type Value, type ValueType } from './network.ts'

/** A production does not fit the network so far; the step is left out. */
export class Unfit extends Error {}

export function require(condition: boolean): asserts condition {
  if (!condition) throw new Unfit()
}

/** Most elements of a value and most nodes: networks are small, so that many are tried. */
const LARGEST = 3000

/** How the numbers of a constant are made. `ordinary` floats round; all others are dyadic, so that sums are exact. */
export type Kind =
  | 'ones'
  | 'signs'
  | 'scaled signs'
  | 'ternary'
  | '2 bits'
  | '3 bits'
  | '4 bits'
  | 'levels'
  | 'dyadic'
  | 'ordinary'
  | 'special'

/** Habits of the two families of exporters. */
export type Style = 'torch' | 'tensorflow'

/** A network while it grows. */
export class Builder {
  readonly opset: number
  readonly style: Style
  /** Sizes of axes: few, so that different axes have equal sizes. */
  readonly sizes: readonly number[]
  readonly inputs: Value[] = []
  readonly values: Value[] = []
  readonly nodes: NodeSpec[] = []
  constants: Record<string, Constant> = {}
  private readonly types: Record<string, ValueType> = {}
  private made = 0

  constructor(opset: number, style: Style, sizes: readonly number[]) {
    this.opset = opset
    this.style = style
    this.sizes = sizes
  }

  private name(prefix: string): string {
    return `${prefix}${this.made++}`
  }

  /** Runs a production; what it made before it turned out not to fit is taken back. */
  attempt(production: () => void): boolean {
    const { inputs, values, nodes, made } = this
    const [before, constants] = [[...values], { ...this.constants }]
    const counts = [inputs.length, nodes.length] as const
    try {
      production()
      return true
    } catch (error) {
      if (!(error instanceof Unfit)) throw error
      inputs.length = counts[0]
      nodes.length = counts[1]
      values.splice(0, values.length, ...before)
      this.constants = constants
      this.made = made
      return false
    }
  }

  input(type: Type, shape: Shape, prefix = 'x'): Value {
    require(elements(shape) <= LARGEST && shape.every(size => size >= 1))
    const value = { name: this.name(prefix), type, shape }
    this.inputs.push(value)
    this.values.push(value)
    return value
  }

  /** A node with one output, which later steps may read unless `hidden`. */
  add(
    op: string,
    operands: readonly (string | Value)[],
    result: ValueType,
    attrs: NodeSpec['attrs'] = {},
    domain = '',
  ): Value {
    return this.addAll(op, operands, [result], attrs, domain)[0]!
  }

  addAll(
    op: string,
    operands: readonly (string | Value)[],
    results: readonly ValueType[],
    attrs: NodeSpec['attrs'] = {},
    domain = '',
  ): Value[] {
    for (const { shape } of results) require(elements(shape) <= LARGEST && shape.every(size => size >= 1))
    const made = results.map(({ type, shape }) => ({ name: this.name('v'), type, shape }))
    const names = operands.map(operand => (typeof operand === 'string' ? operand : operand.name))
    this.nodes.push({ op, in: names, out: made.map(({ name }) => name), name: this.name(`${op}_`), domain, attrs })
    for (const { name, type, shape } of made) this.types[name] = { type, shape }
    // Sizes and indices are of no use to other steps.
    this.values.push(...made.filter(({ type }) => type !== 'int64'))
    return made
  }

  /** A constant: mostly an initializer, sometimes a node or shared with an earlier one of the same shape. */
  constant(c: Choices, value: Constant): string {
    require(elements(value.shape) <= LARGEST)
    const twin = Object.entries(this.constants).find(
      ([, { type, shape }]) => type === value.type && sameShape(shape, value.shape),
    )
    const form = c.pick(12)
    if (form >= 10 && twin && value.type === 'float') return twin[0]
    const name = this.name('w')
    if (form >= (this.style === 'tensorflow' ? 5 : 8)) {
      this.nodes.push({
        op: 'Constant',
        in: [],
        out: [name],
        name: `Constant_${name}`,
        attrs: { value: rawTensor(value) },
      })
      return name
    }
    this.constants[name] = value
    if (form !== 7) return name
    const copy = this.name('w')
    this.nodes.push({ op: 'Identity', in: [name], out: [copy], name: `Identity_${copy}`, attrs: {} })
    return copy
  }

  /** A constant of integers that says a shape, axes or indices. */
  integers(c: Choices, values: readonly number[]): string {
    return this.constant(c, { type: 'int64', shape: [values.length], values })
  }

  /** A constant of floats of this kind. */
  floats(c: Choices, shape: Shape, kind: Kind): string {
    return this.constant(c, { type: 'float', shape, values: fill(c, shape, kind) })
  }

  size(c: Choices): number {
    return c.pick(6) < 5 ? this.sizes[c.pick(this.sizes.length)]! : 1 + c.pick(4)
  }

  /** A value that an earlier step made, a late one most likely; an input if there is none. */
  take(c: Choices, type: Type, accepts: (value: Value) => boolean, otherwise: () => Shape): Value {
    const found = this.values.filter(value => value.type === type && accepts(value)).reverse()
    const at = c.near(found.length + (this.inputs.length < 3 ? 1 : 0))
    return found[at] ?? this.input(type, otherwise())
  }

  /** A float value of one of these ranks. */
  float(c: Choices, ...ranks: readonly number[]): Value {
    const fits = ({ shape }: Value) => ranks.length === 0 || ranks.includes(shape.length)
    return this.take(c, 'float', fits, () => this.shape(c, ranks.length > 0 ? c.oneOf(...ranks) : 1 + c.pick(4)))
  }

  shape(c: Choices, rank: number): Shape {
    return Array.from({ length: rank }, (_, axis) => (axis === 0 && rank > 1 ? 1 + c.near(3) : this.size(c)))
  }

  finish(outputs: readonly string[], samples: Network['samples']): Network {
    // Of nodes that were taken back there is nothing left.
    const names = this.nodes.flatMap(({ out }) => out).filter(name => this.types[name])
    const types = Object.fromEntries(names.map(name => [name, this.types[name]!]))
    return {
      opset: this.opset,
      inputs: this.inputs,
      constants: this.constants,
      nodes: this.nodes,
      outputs,
      types,
      samples,
    }
  }
}

/** Values for a constant; the simplest are ones. */
export function fill(c: Choices, shape: Shape, kind: Kind): number[] {
  const next = seeded(c.pick(4096))
  const size = shape.length > 1 ? elements(shape.slice(1)) : 1
  const alphas = Array.from({ length: shape[0] ?? 1 }, () => 2 ** (Math.floor(next() * 4) - 2) * (next() < 0.3 ? 3 : 1))
  const sign = () => (next() < 0.5 ? -1 : 1)
  const value = (i: number): number => {
    switch (kind) {
      case 'ones':
        return 1
      case 'signs':
        return sign()
      case 'scaled signs':
        return sign() * alphas[Math.floor(i / size)]!
      case 'ternary':
        return Math.floor(next() * 3 - 1) * alphas[Math.floor(i / size)]!
      case '2 bits':
        return Math.floor(next() * 4 - 2) * alphas[Math.floor(i / size)]!
      case '3 bits':
        return Math.floor(next() * 7 - 3) * alphas[Math.floor(i / size)]!
      case '4 bits':
        return Math.floor(next() * 16 - 8) * alphas[Math.floor(i / size)]!
      case 'levels':
        return [-1.5, -0.5, 0, 0.5, 1.5][Math.floor(next() * 5)]!
      case 'dyadic':
        return Math.floor(next() * 33 - 16) / 8
      case 'ordinary':
        return Math.fround(next() * 4 - 2)
      case 'special':
        return SPECIAL[Math.floor(next() * SPECIAL.length)]!
    }
  }
  return Array.from({ length: elements(shape) }, (_, i) => value(i))
}

const SPECIAL = [0, 0, 1, -1, 1e-40, Math.fround(1e30), Math.fround(-3e38), Math.fround(0.229), 2 ** -24, -0, 16777216]
