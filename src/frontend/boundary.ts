import { CompileError, type Diagnostic } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import { arg, call } from '../ir/expr.ts'
import { fold } from '../ir/fold.ts'
import { create, input, type Node } from '../ir/node.ts'
import { refuseHuge } from '../ir/size-limit.ts'
import type { DType, TensorType } from '../ir/tensor.ts'
import type { ModelValue } from './model.ts'
import { typeName } from './tensors.ts'

/** Sizes for what the file leaves open. */
export interface OpenSizes {
  /** Of the first axis of every input. */
  readonly batch: number
  /** Of axes by their name in the file. */
  readonly sizes: Readonly<Record<string, number>>
}

/** What a graph may take, by ONNX's number of the type. */
const inputTypes: Readonly<Record<number, DType>> = {
  1: 'f32',
  2: 'u8',
  3: 'i8',
  6: 'i32',
  7: 'i64',
  9: 'bit',
  10: 'f32',
  11: 'f32',
  16: 'f32',
}
/** What a graph may give: floats, integers that 32 bits hold, bool. */
const outputTypes: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11]
const integerTypes: readonly number[] = [2, 3, 4, 5, 6, 7]

/** The input node for a declared input. Throws where its type is not supported or a size stays open. */
export function importInput(value: ModelValue, sizes: OpenSizes, warn: (warning: Diagnostic) => void): Node<'input'> {
  const { name, dataType, dims } = value
  const dtype = inputTypes[dataType]
  const found = dataType === 0 ? 'not a tensor' : typeName(dataType)
  if (!dtype)
    throw new CompileError(
      diagnostics.unsupportedInterface('input', name, found, 'float, int8, uint8, int32, int64, bool'),
    )
  if (!dims) throw new CompileError(diagnostics.unsupportedInterface('input', name, 'of unknown rank', 'a fixed shape'))
  if (dtype === 'f32' && dataType !== 1) warn(diagnostics.computedInF32({ node: name, op: 'input' }, found))
  const problems: Diagnostic[] = []
  const shape = dims.map((size, axis) => {
    const fixed = fixedSize(size, axis, sizes)
    if (fixed === undefined)
      problems.push(diagnostics.symbolicDimension(name, axis, typeof size === 'string' ? size : undefined))
    return fixed ?? 1
  })
  if (problems.length > 0) throw new CompileError(...problems)
  refuseHuge({ node: name, op: 'input' }, { dtype, shape })
  return input(name, { dtype, shape })
}

/** How many samples the file says that its first input has; undefined where it leaves that open for any input. */
export function fixedBatch(inputs: readonly ModelValue[]): number | undefined {
  const sizes = inputs.filter(({ dims }) => dims !== undefined && dims.length > 0).map(({ dims }) => dims![0])
  return sizes.every(isFixed) ? (sizes[0] as number | undefined) : undefined
}

/** A size for an axis that no input has would be ignored. */
export function refuseUnknownSizes(inputs: readonly ModelValue[], sizes: OpenSizes['sizes']): void {
  const open = [...new Set(inputs.flatMap(({ dims }) => (dims ?? []).filter(size => typeof size === 'string')))]
  const unknown = Object.keys(sizes).filter(name => !open.includes(name))
  const known = open.length > 0 ? `open are ${open.map(name => `'${name}'`).join(', ')}` : 'the model has none'
  if (unknown.length > 0)
    throw new CompileError(
      ...unknown.map(name => diagnostics.invalidOption('--size', `there is no open axis '${name}'; ${known}`)),
    )
}

/** A size as declared, or as the options give it; some exporters write -1 or 0 for an open size. */
function fixedSize(size: number | string | undefined, axis: number, { batch, sizes }: OpenSizes) {
  if (typeof size === 'number' && size > 0) return size
  if (typeof size === 'string' && Object.hasOwn(sizes, size)) return sizes[size]
  return axis === 0 ? batch : undefined
}

/** A warning where a result has another shape than declared; open sizes fit any. */
export function checkShape({ name, dims }: ModelValue, { shape }: TensorType): Diagnostic[] {
  const fits = dims?.length === shape.length && dims.every((size, axis) => !isFixed(size) || size === shape[axis])
  if (!dims || fits) return []
  return [diagnostics.shapeDiffers(name, dims.map(size => size ?? '?').join(), shape.join())]
}

const isFixed = (size: number | string | undefined): boolean => typeof size === 'number' && size > 0

/**
 * A result as generated code hands it out: all integers, computed as floats or not, as i32. Throws where the declared
 * type is not supported.
 */
export function importOutput({ name, dataType }: ModelValue, node: Node): Node {
  if (dataType !== 0 && !outputTypes.includes(dataType))
    throw new CompileError(
      diagnostics.unsupportedInterface('output', name, typeName(dataType), 'float, bool and integers of 8 to 64 bits'),
    )
  const { dtype } = node.type
  const isInteger = dtype === 'f32' ? integerTypes.includes(dataType) : dtype !== 'i32' && dtype !== 'bit'
  return isInteger ? fold(create('map', [node], { expr: call('int', arg(0)) }, node.origin)) : node
}
