import { CompileError } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import { arg, call, type Expr, number } from '../ir/expr.ts'
import { type Graph, replaceAll, usersOf } from '../ir/graph.ts'
import { constant, create, input, type Node } from '../ir/node.ts'
import { f32, type Shape, sameShape } from '../ir/tensor.ts'

export type Layout = 'nchw' | 'nhwc' | 'rgba'

/** How the generated code takes its inputs; what is left out stays as the model has it. */
export interface InputForm {
  /** Of images: inputs of rank 4. rgba: pixels of a canvas, NHWC with a fourth byte that is not looked at. */
  readonly inputLayout?: Layout
  /** u8: pixels of 0..255 instead of floats. */
  readonly inputType?: 'f32' | 'u8'
  /** With u8, the model gets (x / 255 − mean) / std, per channel; without both it gets x itself. */
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
}

const TO_NHWC = [0, 2, 3, 1]
const TO_NCHW = [0, 3, 1, 2]

/**
 * The graph with float inputs in another form: the conversion is written in front of the network, so that zero padding
 * is still 0 in its own space.
 */
export function adaptInputs(graph: Graph, form: InputForm): Graph {
  const { inputLayout, inputType, mean, std } = form
  if ((mean || std) && inputType !== 'u8') throw wrong('--mean and --std', 'they need --input-type u8')
  refuseOverflow(mean, std)
  if (inputLayout === 'rgba') refuseNoPixels(graph, inputType)
  const images = graph.inputs.filter(({ type }) => type.shape.length === 4)
  if (inputLayout && images.length === 0) throw wrong('--input-layout', 'the model has no input that is an image')
  if (inputType && !graph.inputs.some(({ type }) => type.dtype === inputType || type.dtype === 'f32'))
    throw wrong('--input-type', `the model has no input that could be ${inputType}`)
  if (!inputLayout && !inputType) return graph
  const changed = graph.inputs.map(node => adapted(graph, node, form))
  const now = (node: Node<'input'>) => changed[graph.inputs.indexOf(node)]!
  const replacements = new Map(graph.inputs.map(node => [node as Node, now(node).value]))
  const inputs = changed.map(({ input }) => input)
  for (const [node, value] of replacements) if (node === value) replacements.delete(node)
  if (replacements.size === 0) return graph
  return { ...replaceAll(graph, replacements), inputs }
}

/** A canvas has bytes of three colours. */
function refuseNoPixels({ inputs }: Graph, inputType: InputForm['inputType']): void {
  const isBytes = ({ type }: Node) => inputType === 'u8' || type.dtype === 'u8'
  if (!inputs.some(node => node.type.shape.length === 4 && isBytes(node)))
    throw wrong('--input-layout', 'rgba needs --input-type u8, and an input that is an image')
}

/** Pixels are computed with in single precision, where 1e-50 is 0 and 1e300 infinite. */
function refuseOverflow(mean: readonly number[] = [], std: readonly number[] = []): void {
  const largest = Math.max(1, ...mean.map(value => Math.abs(Math.fround(value)) + 1))
  if (!mean.every(value => Number.isFinite(Math.fround(value))))
    throw wrong('--mean', `a value of ${mean} is no finite number of single precision`)
  if (std.some(value => Math.fround(value) === 0)) throw wrong('--std', `a value of ${std} is 0 in single precision`)
  if (!std.every(value => Number.isFinite(Math.fround(value)) && Number.isFinite(Math.fround(largest / value))))
    throw wrong('--std', `a value of ${std} makes pixels that are not finite in single precision`)
}

/** The new input, and what stands for the old one. */
function adapted(graph: Graph, node: Node<'input'>, form: InputForm): { input: Node<'input'>; value: Node } {
  const { name } = node.attrs
  const isImage = node.type.shape.length === 4
  const own = isImage ? layoutOf(graph, node) : 'nchw'
  const layout = isImage ? (form.inputLayout ?? own) : own
  const isPixels = form.inputType === 'u8' && node.type.dtype === 'f32'
  if (form.inputType === 'f32' && node.type.dtype === 'u8')
    throw wrong('--input-type', `the input '${name}' takes bytes in the model already`)
  if (layout === own && !isPixels) return { input: node, value: node }
  const { shape } = node.type
  const isSame = layout === own || (layout === 'rgba' && own === 'nhwc')
  const moved = isSame ? shape : (own === 'nchw' ? TO_NHWC : TO_NCHW).map(axis => shape[axis]!)
  const dtype = isPixels ? 'u8' : node.type.dtype
  const outer = input(name, { dtype, shape: layout === 'rgba' ? withAlpha(name, moved) : moved })
  const colours =
    layout === 'rgba'
      ? create('slice', [outer], { starts: [0, 0, 0, 0], sizes: moved, steps: [1, 1, 1, 1] }, [name])
      : outer
  const channelAxis = isImage ? (layout === 'nchw' ? 1 : 3) : shape.length - 1
  const value = isPixels ? normalized(colours, channelAxis, form, name) : colours
  if (isSame) return { input: outer, value }
  return { input: outer, value: create('transpose', [value], { perm: own === 'nchw' ? TO_NCHW : TO_NHWC }, [name]) }
}

function withAlpha(name: string, shape: Shape): Shape {
  const channels = shape.at(-1)!
  if (channels !== 3) throw wrong('--input-layout', `rgba is for three colours; '${name}' has ${channels} channels`)
  return [...shape.slice(0, -1), 4]
}

/** ONNX means NCHW; a model that begins by moving the last axis of its input to the second place takes NHWC. */
function layoutOf(graph: Graph, image: Node): Exclude<Layout, 'rgba'> {
  const users = usersOf(graph)
  let node = image
  for (;;) {
    const next: Node | undefined = users.get(node)?.[0]
    if (next?.op === 'transpose' && sameShape(next.attrs.perm, TO_NCHW)) return 'nhwc'
    if (next?.op !== 'map') return 'nchw'
    node = next
  }
}

/** (x / 255 − mean) / std in f32 steps, or x itself where neither is given. */
function normalized(pixels: Node, axis: number, { mean, std }: InputForm, name: string): Node {
  const x = call('float', arg(0))
  if (!mean && !std) return create('map', [pixels], { expr: x }, [name])
  const channels = pixels.type.shape[axis]!
  const operands: Node[] = [pixels]
  const parameter = (values: readonly number[], option: string): Expr => {
    if (values.length === 1) return number(values[0]!)
    if (values.length !== channels)
      throw wrong(
        option,
        `${values.length} values for the ${channels} channels of '${name}'; 1 or ${channels} are needed`,
      )
    const shape = pixels.type.shape.map((_, k) => (k === axis ? channels : 1))
    operands.push(constant(f32(shape, values), [name]))
    return arg(operands.length - 1)
  }
  const unit = call('div', x, number(255))
  const centred = mean ? call('sub', unit, parameter(mean, '--mean')) : unit
  const expr = std ? call('div', centred, parameter(std, '--std')) : centred
  return create('map', operands, { expr }, [name])
}

const wrong = (option: string, message: string): CompileError =>
  new CompileError(diagnostics.invalidOption(option, message))
