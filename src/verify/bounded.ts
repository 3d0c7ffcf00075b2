import { extrasOf, isConvolution, isReducing, type Reducing, sourcesOf, withEpilogue } from '../ir/epilogue.ts'
import { arg, type Expr, rewriteExpr } from '../ir/expr.ts'
import { evaluateNode } from '../ir/interpret.ts'
import { create, type Node } from '../ir/node.ts'
import { broadcastStrides, elements, f32, indicesOf, type Tensor } from '../ir/tensor.ts'
import type { Bounded } from './bound.ts'
import { type Point, pointEvaluator } from './point.ts'
import { sumBound } from './sum-bound.ts'

export type { Bounded }

export interface Evaluated extends Bounded {
  /** Per element, the distance to the nearest jump and the bound of its error; only where something is compared. */
  readonly distances?: Float64Array
  readonly bounds?: Float64Array
  /** By element: what it may be instead, because rounding decides (or the sign of an exact 0: bound 0). */
  readonly open: ReadonlyMap<number, readonly number[]>
}

export interface Arithmetic {
  /** What storing a result may add, relative to it: 2^-11 where that is a float16. */
  readonly storage: number
}

export const single: Arithmetic = { storage: 0 }
export const half: Arithmetic = { storage: 2 ** -11 }

/** Beyond this share of what is compared a bound says nothing any more, and a jump counts as decided. */
export const shareOf = ({ storage }: Arithmetic): number => (storage === 0 ? 2 ** -10 : 2 ** -6)

/** A threshold that is always or never met is the largest float: no measure of the layer's values. */
const UNREACHED = 1e30

/** A node's value by the interpreter with a bound of its rounding error, from operands with theirs. */
export function evaluateBounded(node: Node, operands: readonly Bounded[], arithmetic: Arithmetic = single): Evaluated {
  const values = operands.map(({ tensor }) => tensor)
  if (node.op === 'map') return evaluateExpr(node, node.attrs.expr, operands, arithmetic)
  if (isReducing(node)) {
    const count = sourcesOf(node).length
    const sums = accumulate(node, operands.slice(0, count), arithmetic)
    return evaluateExpr(node, node.attrs.epilogue, [sums, ...operands.slice(count)], arithmetic)
  }
  return { tensor: evaluateNode(node, values), ...moved(node, operands), open: new Map() }
}

/** Operations that only move values move their errors alike. */
function moved(node: Node, operands: readonly Bounded[]): { errors?: Float32Array } {
  if (node.type.dtype !== 'f32' || operands.every(({ errors }) => !errors)) return {}
  const errors = operands.map(({ tensor, errors }) =>
    tensor.dtype === 'f32' ? f32(tensor.shape, errors ?? new Float32Array(tensor.values.length)) : tensor,
  )
  const mover = node.op === 'pad' ? create('pad', node.operands, { ...node.attrs, value: 0 }, node.origin) : node
  return { errors: evaluateNode(mover, errors).values as Float32Array }
}

/** Sums, means and maxima, before the epilogue. */
function accumulate(node: Reducing, sources: readonly Bounded[], { storage }: Arithmetic): Bounded {
  const plain = withEpilogue(node, [], arg(0))
  const tensor = evaluateNode(
    plain,
    sources.map(source => source.tensor),
  )
  const errors = tensor.dtype === 'f32' ? sumBound(plain, sources) : undefined
  const stored = isConvolution(node) || node.op === 'pool' ? storage : 0
  return errors
    ? { tensor, errors: errors.map((error, i) => error + stored * Math.abs(Number(tensor.values[i]))) }
    : { tensor }
}

function evaluateExpr(node: Node, expr: Expr, operands: readonly Bounded[], arithmetic: Arithmetic): Evaluated {
  const { shape, dtype } = node.type
  const length = elements(shape)
  const types = operands.map(({ tensor }) => tensor.dtype)
  const run = pointEvaluator(expr, types)
  const sources = operands.map(({ tensor, errors }) => ({
    values: tensor.values,
    errors,
    at: indicesOf(shape, broadcastStrides(tensor.shape, shape)),
  }))
  const tensor = evaluateMap(node, expr, operands)
  const jumps = hasJump(expr)
  const errors = dtype === 'f32' ? new Float32Array(length) : undefined
  const distances = jumps ? new Float64Array(length) : undefined
  const bounds = jumps ? new Float64Array(length) : undefined
  const open = new Map<number, readonly number[]>()
  let [largest, isExact] = [0, true]
  if (dtype === 'i64' || (!jumps && !errors)) return { tensor, open }
  for (let i = 0; i < length; i++) {
    const point = run(
      sources.map(
        ({ values, errors: given, at }): Point => ({ value: Number(values[at[i]!]), error: given?.[at[i]!] ?? 0 }),
      ),
    )
    if (errors) {
      errors[i] = point.error + arithmetic.storage * Math.abs(point.value)
      if (errors[i] !== 0) isExact = false
    }
    const { jump, options } = point
    if (!jump || !distances || !bounds) continue
    distances[i] = jump.distance
    bounds[i] = jump.error
    if (jump.size < UNREACHED && jump.size > largest) largest = jump.size
    if (options && options.length > 0) open.set(i, options)
  }
  for (const i of open.keys()) if (Math.abs(distances![i]!) > shareOf(arithmetic) * largest) open.delete(i)
  return {
    tensor,
    ...(errors && !isExact ? { errors } : {}),
    ...(distances && bounds ? { distances, bounds } : {}),
    open,
  }
}

function evaluateMap(node: Node, expr: Expr, operands: readonly Bounded[]): Tensor {
  const inputs =
    node.op === 'map' ? node.operands : [withEpilogue(node as Reducing, [], arg(0)), ...extrasOf(node as Reducing)]
  return evaluateNode(
    create('map', inputs, { expr }, node.origin),
    operands.map(({ tensor }) => tensor),
  )
}

const JUMPS: ReadonlySet<string> = new Set(['ge', 'gt', 'eq', 'sign', 'round', 'floor', 'ceil', 'int'])

export function hasJump(expr: Expr): boolean {
  let found = false
  rewriteExpr(expr, part => {
    if (JUMPS.has(part.fn)) found = true
    return part
  })
  return found
}
