import { WORD } from '../ir/bits.ts'
import { isArg } from '../ir/expr.ts'
import { type Graph, topological } from '../ir/graph.ts'
import type { Node, OpName } from '../ir/node.ts'
import { sameShape, sameType } from '../ir/tensor.ts'
import { placeBuffers } from '../plan/arena.ts'
import { joinParts } from '../plan/joined.ts'
import { createNamer, legalName, type Namer } from '../plan/names.ts'
import type { Buffer, Call, Plan, Port, Step } from '../plan/plan.ts'
import { constantsOf, makeStrips } from '../plan/strips.ts'
import { verifyPlan } from '../plan/verify.ts'
import { constantBuffer, createDraft, type Draft, makeCall, storageOf, titleOf } from './draft.ts'
import { lowerGather } from './gather.ts'
import { ignoresAccumulator, lowerEpilogue, lowerMap } from './map.ts'
import { keepsOrder, lowerConcat, lowerPad, lowerReshape, lowerSlice, lowerTranspose } from './movement.ts'
import { lowerReduce } from './reduce.ts'
import { refuseHugePlan } from './size-limit.ts'
import { lowerConvolution, lowerPool } from './windows.ts'

export interface LowerOptions {
  /** Whether a large image between two ops may shrink to a ring of rows; a GPU wants whole images. */
  readonly strips?: boolean
  /** Whether maps and reductions may follow in a strip, and maxima over an image take its rows as they come. */
  readonly chains?: boolean
  /** Whether kernels may write a part of a concatenation where it belongs in the whole. */
  readonly joins?: boolean
}

type Lower = { readonly [K in OpName]: (node: Node<K>, draft: Draft) => Call[] }

/** What each op becomes. Inputs and constants are buffers and need no call. */
const lowerings: Lower = {
  input: () => [],
  constant: () => [],
  map: lowerMap,
  conv2d: lowerConvolution,
  binaryConv2d: lowerConvolution,
  integerConv2d: lowerConvolution,
  pool: lowerPool,
  reduce: lowerReduce,
  gather: lowerGather,
  reshape: lowerReshape,
  transpose: lowerTranspose,
  concat: lowerConcat,
  slice: lowerSlice,
  pad: lowerPad,
}

/** A plan, and which node's value each of its buffers holds, by the buffer's name. */
export interface Lowered {
  readonly plan: Plan
  readonly nodes: ReadonlyMap<string, Node>
}

/** Decides everything that a backend prints: which kernels run in which order, on which memory. */
export const lower = (graph: Graph, options: LowerOptions = {}): Plan => lowerWithNodes(graph, options).plan

export function lowerWithNodes(
  graph: Graph,
  { strips = true, chains = false, joins = false }: LowerOptions = {},
): Lowered {
  const name = legalName(graph.name, 'model')
  const take = createNamer(name)
  const { inputs, outputs, calls, nodes } = draftCalls(graph, take)
  const whole = calls.map((call): Step => ({ kind: 'call', call }))
  const striped = strips ? makeStrips(whole, chains ? take : undefined) : whole
  const { steps, workspaceBytes } = placeBuffers(joins ? joinParts(striped) : striped)
  const plan: Plan = { name, inputs, outputs, constants: constantsOf(steps), workspaceBytes, steps }
  refuseHugePlan(plan)
  verifyPlan(plan)
  return { plan, nodes }
}

interface Drafted {
  readonly inputs: Port[]
  readonly outputs: Port[]
  readonly calls: Call[]
  readonly nodes: ReadonlyMap<string, Node>
}

function draftCalls(graph: Graph, take: Namer): Drafted {
  const order = topological(graph)
  const inputs = graph.inputs.map(node =>
    port(node.attrs.name, node, 'input', take(node.attrs.name, 'input', 'parameter')),
  )
  const outputs = graph.outputs.map(({ name, node }) => port(name, node, 'output', take(name, 'output', 'parameter')))
  const sources = new Map(order.map(node => [node, sourceOf(node)]))
  const buffers = new Map<Node, Buffer>(graph.inputs.map((node, k) => [node, inputs[k]!.buffer]))
  // The first output that shows a computed value is where it is computed; the others are copies.
  graph.outputs.forEach(({ node }, k) => {
    const source = sources.get(node)!
    if (source.op !== 'constant' && !buffers.has(source)) buffers.set(source, outputs[k]!.buffer)
  })
  for (const node of order) {
    const source = sources.get(node)!
    if (source !== node) buffers.set(node, buffers.get(source)!)
    else if (node.op === 'constant')
      buffers.set(node, constantBuffer(take(titleOf(node), 'constant', 'constant'), node))
    else if (!buffers.has(node)) buffers.set(node, workspaceBuffer(take(`${titleOf(node)}_out`, node.op), node))
  }
  const draft = createDraft(take, buffers)
  const calls = order.flatMap(node => (sources.get(node) === node ? lowerNode(node, draft) : []))
  const copies = graph.outputs.flatMap(({ name, node }, k) => {
    const [x, y] = [buffers.get(node)!, outputs[k]!.buffer]
    const params = { sizes: [x.length], from: 0, fromStrides: [1], to: 0, toStrides: [1] }
    const at = { name: take(`${name}_copy`, 'output'), origin: node.origin }
    return x === y ? [] : [makeCall('copy', at, { x }, params, y)]
  })
  const owners = order.filter(node => sources.get(node) === node)
  const nodes = new Map(owners.map(node => [buffers.get(node)!.name, node]))
  return { inputs, outputs, calls: [...calls, ...copies], nodes }
}

const lowerNode = (node: Node, draft: Draft): Call[] =>
  ignoresAccumulator(node)
    ? lowerEpilogue(node, draft)
    : (lowerings[node.op] as (node: Node, draft: Draft) => Call[])(node, draft)

/** The node whose memory this one shows: itself, or what it only looks at through another shape. */
function sourceOf(node: Node): Node {
  let source = node
  while (showsOperand(source)) source = source.operands[0] as Node
  return source
}

function showsOperand(node: Node): boolean {
  const [x] = node.operands
  if (!x || storageOf(x.type).length !== storageOf(node.type).length) return false
  switch (node.op) {
    case 'map':
      return isArg(node.attrs.expr, 0) && sameType(x.type, node.type)
    case 'reshape':
      return sameRows(x, node)
    case 'transpose':
      return keepsOrder(node) && sameRows(x, node)
    case 'slice':
      return (
        sameShape(x.type.shape, node.type.shape) &&
        node.attrs.steps.every((step, axis) => step === 1 || node.type.shape[axis] === 1)
      )
    case 'pad':
      return sameShape(x.type.shape, node.type.shape)
    case 'concat':
      return node.operands.length === 1
    default:
      return false
  }
}

/** Whether bits keep their places when the shape changes: rows stay as they are, or all of them fill whole words. */
function sameRows(x: Node, node: Node): boolean {
  if (x.type.dtype !== 'bit') return true
  const [old, now] = [x.type.shape.at(-1) ?? 1, node.type.shape.at(-1) ?? 1]
  return old === now || (old % WORD === 0 && now % WORD === 0)
}

const workspaceBuffer = (name: string, node: Node): Buffer => ({
  name,
  ...storageOf(node.type),
  place: { kind: 'workspace', offset: 0 },
})

const port = (name: string, { type }: Node, kind: 'input' | 'output', legal: string): Port => ({
  name,
  dtype: type.dtype,
  shape: type.shape,
  buffer: { name: legal, ...storageOf(type), place: { kind } },
})
