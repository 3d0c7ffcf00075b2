import { CompileError } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import { isConstant } from '../ir/fold.ts'
import { type Graph, topological } from '../ir/graph.ts'
import { constant, create, input, type Node, type OpName } from '../ir/node.ts'
import { refuseHuge } from '../ir/size-limit.ts'
import { allocate, elements, type Shape, type Tensor } from '../ir/tensor.ts'

/**
 * Where the samples of a batch are in a value: they are the outermost part of one axis, of size batch · inner. undefined
 * for what is the same for every sample.
 */
type Place = { readonly axis: number; readonly inner: number } | undefined

/** A node of the new graph, and where its samples are. */
interface Rebatched {
  readonly node: Node
  readonly place: Place
}

interface Change {
  readonly from: number
  readonly to: number
}

/**
 * The graph with another number of samples, for a file that fixes it: every sample goes the way it went before. Sizes
 * that exporters bake into reshapes are those of the new batch, because a sample's elements are followed through every
 * op. Throws a CompileError that names the node where samples would meet, or be told apart.
 */
export function rebatch(graph: Graph, from: number, to: number): Graph {
  const change: Change = { from, to }
  const inputs = new Map(graph.inputs.map(node => [node, rebatchInput(node, change)]))
  const done = new Map<Node, Rebatched>()
  for (const node of topological(graph)) {
    const operands = node.operands.map(operand => done.get(operand)!)
    const isSame = operands.every(({ place }) => place === undefined)
    const given = node.op === 'input' ? inputs.get(node)! : undefined
    const now = given ?? (isSame ? { node, place: undefined } : rebatchNode(node, operands, change))
    refuseHuge({ node: node.origin.at(-1) ?? '?' }, now.node.type)
    done.set(node, now)
  }
  const outputs = graph.outputs.map(({ name, node }) => {
    const now = done.get(node)!
    if (now.place && now.place.inner !== 1) refuse(node, `gives the output '${name}' no axis for the batch alone`)
    return { name, node: now.node }
  })
  return { ...graph, inputs: graph.inputs.map(node => inputs.get(node)!.node as Node<'input'>), outputs }
}

function rebatchInput(node: Node<'input'>, { from, to }: Change): Rebatched {
  const { name } = node.attrs
  const [first, ...rest] = node.type.shape
  if (first === undefined) return { node, place: undefined }
  if (first !== from)
    throw new CompileError(diagnostics.fixedBatch({ node: name, op: 'input' }, `has ${first} samples, another ${from}`))
  return { node: input(name, { ...node.type, shape: [to, ...rest] }), place: { axis: 0, inner: 1 } }
}

function refuse(node: Node, what: string): never {
  throw new CompileError(diagnostics.fixedBatch({ node: node.origin.at(-1) ?? '?' }, what))
}

type Rule<K extends OpName> = (node: Node<K>, operands: readonly Rebatched[], change: Change) => Rebatched
type Rules = { readonly [K in Exclude<OpName, 'input' | 'constant'>]: Rule<K> }

/** Exhaustive: a new op does not compile without saying what it does to samples. */
const rules: Rules = {
  map: (node, operands, change) => {
    const place = commonPlace(node, operands)
    const now = operands.map(operand => spread(node, operand, place, change))
    return { node: create('map', now, node.attrs, node.origin), place }
  },
  conv2d: (node, operands, change) => ofImages(node, operands, 2, change),
  binaryConv2d: (node, operands, change) => ofImages(node, operands, 2, change),
  integerConv2d: (node, operands, change) => ofImages(node, operands, 3, change),
  pool: (node, operands, change) => ofImages(node, operands, 1, change),
  reduce: (node, operands, change) => {
    const { place } = operands[0]!
    if (!place) refuse(node, 'reduces a value that is the same for all samples')
    if (node.attrs.axes.includes(place.axis)) refuse(node, 'reduces over the samples of the batch')
    return { node: remade(node, operands, place, 1, change), place }
  },
  gather: (node, [table, indices]) => {
    if (table!.place) refuse(node, 'looks up rows of a table that depends on the input')
    return { node: create('gather', [table!.node, indices!.node], {}, node.origin), place: indices!.place }
  },
  reshape: (node, [x], { from, to }) => {
    const old = node.operands[0].type.shape
    const place = placeAfter(old, x!.place!, node.type.shape, from)
    if (!place) refuse(node, `reshapes [${old}] to [${node.type.shape}], which mixes the samples of the batch`)
    const shape = node.type.shape.with(place.axis, to * place.inner)
    return { node: create('reshape', [x!.node], { shape }, node.origin), place }
  },
  transpose: (node, [x]) => ({
    node: create('transpose', [x!.node], node.attrs, node.origin),
    place: { axis: node.attrs.perm.indexOf(x!.place!.axis), inner: x!.place!.inner },
  }),
  concat: (node, operands, change) => {
    const place = commonPlace(node, operands)!
    if (place.axis === node.attrs.axis) refuse(node, 'joins values along the batch')
    const now = operands.map(operand => (operand.place ? operand.node : repeated(node, operand.node, place, change)))
    return { node: create('concat', now, node.attrs, node.origin), place }
  },
  slice: (node, [x], { to }) => {
    const { axis, inner } = x!.place!
    const { starts, sizes, steps } = node.attrs
    const size = node.operands[0].type.shape[axis]!
    if (starts[axis] !== 0 || sizes[axis] !== size || (size > 1 && steps[axis] !== 1))
      refuse(node, 'takes some samples of the batch, or reorders them')
    const attrs = { starts, sizes: sizes.with(axis, to * inner), steps: steps.with(axis, 1) }
    return { node: create('slice', [x!.node], attrs, node.origin), place: x!.place }
  },
  pad: (node, [x]) => {
    const { axis } = x!.place!
    if (node.attrs.before[axis] !== 0 || node.attrs.after[axis] !== 0) refuse(node, 'pads the batch')
    return { node: create('pad', [x!.node], node.attrs, node.origin), place: x!.place }
  },
}

const rebatchNode = (node: Node, operands: readonly Rebatched[], change: Change): Rebatched =>
  (rules[node.op as keyof Rules] as Rule<OpName>)(node, operands, change)

/** Where all operands that have samples have them. */
function commonPlace(node: Node, operands: readonly Rebatched[]): Place {
  const places = operands.flatMap(({ place }) => (place ? [place] : []))
  const [first] = places
  if (places.some(({ axis, inner }) => axis !== first!.axis || inner !== first!.inner))
    refuse(node, 'combines values whose samples lie in different places')
  return first
}

/** An op over images, the samples being whole images; operands from `extras` on belong to its epilogue. */
function ofImages(node: Node, operands: readonly Rebatched[], extras: number, change: Change): Rebatched {
  const { place } = operands[0]!
  if (place?.axis !== 0) refuse(node, 'slides a window over the samples of the batch')
  if (operands.slice(1, extras).some(operand => operand.place)) refuse(node, 'has weights that depend on the input')
  return { node: remade(node, operands, place, extras, change), place }
}

/** A reducing op on new operands, with what its epilogue reads. */
function remade(node: Node, operands: readonly Rebatched[], place: Place, extras: number, change: Change): Node {
  const own = operands.slice(0, extras).map(operand => operand.node)
  for (const operand of operands.slice(extras)) commonPlace(node, [{ node, place }, operand])
  const read = operands.slice(extras).map(operand => spread(node, operand, place, change))
  return create(node.op, [...own, ...read] as never, node.attrs as never, node.origin)
}

/** An operand as it broadcasts to the new batch. */
function spread(user: Node, { node, place }: Rebatched, wanted: Place, change: Change): Node {
  if (place || !wanted) return node
  if (node.type.shape[wanted.axis] === 1) return node
  return repeated(user, node, wanted, change)
}

/** What is the same for every sample, as many times as there are samples now: one of what was there for each. */
function repeated(user: Node, node: Node, { axis, inner }: NonNullable<Place>, { from, to }: Change): Node {
  if (!isConstant(node)) refuse(user, 'reads a value that is computed for a batch of this size')
  const { value } = node.attrs
  const size = value.shape[axis]! / from
  if (size !== inner) refuse(user, `reads a constant of shape [${value.shape}], which does not go by samples`)
  const outer = elements(value.shape.slice(0, axis))
  const length = elements(value.shape.slice(axis + 1)) * inner
  const values = allocate(value.dtype, outer * to * length)
  for (let part = 0; part < outer; part++) {
    const at = part * from * length
    const first = value.values.subarray(at, at + length)
    for (let sample = 1; sample < from; sample++)
      if (first.some((entry, i) => !Object.is(entry, value.values[at + sample * length + i])))
        refuse(user, 'reads a constant that is another for every sample of the batch')
    for (let sample = 0; sample < to; sample++) values.set(first as never, (part * to + sample) * length)
  }
  const tensor: Tensor = { dtype: value.dtype, shape: value.shape.with(axis, to * inner), values }
  return constant(tensor, node.origin)
}

/** Where the samples are after a reshape: in an axis that begins where theirs began, and holds whole samples. */
function placeAfter(old: Shape, { axis }: NonNullable<Place>, shape: Shape, batch: number): Place {
  const outer = elements(old.slice(0, axis))
  const fitting = [...shape.keys()].filter(at => elements(shape.slice(0, at)) === outer && shape[at]! % batch === 0)
  // With a batch of 1 several do: an axis of its own is the better one.
  const best = fitting.find(at => shape[at] === batch) ?? fitting[0]
  return best === undefined ? undefined : { axis: best, inner: shape[best]! / batch }
}
