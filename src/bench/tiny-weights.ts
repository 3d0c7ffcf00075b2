import type { onnx as Onnx } from 'onnx-proto'

/** Products of two numbers below it are subnormal. */
const TINY = 2 ** -64

/** ONNX's number of the type f32. */
const FLOAT = 1

/**
 * A model without what makes float arithmetic a hundred times as slow on many processors: weights of dead filters, which
 * decay until sums of them are subnormal. Here they are 0, which is what a user of onnxruntime gets by
 * `session.set_denormal_as_zero` or by rounding at export; `zeroed` counts them.
 */
export async function withoutTinyWeights(model: Uint8Array): Promise<{ model: Uint8Array; zeroed: number }> {
  const { ModelProto } = (await import('onnx-proto')).default.onnx
  // A copy: decoded tensors are views of the bytes.
  const proto = ModelProto.decode(new Uint8Array(model))
  const zeroed = tensorsOf(proto.graph).reduce((count, tensor) => count + zeroTiny(tensor), 0)
  return zeroed === 0 ? { model, zeroed } : { model: ModelProto.encode(proto).finish(), zeroed }
}

function tensorsOf(graph: Onnx.IGraphProto | null | undefined): readonly Onnx.ITensorProto[] {
  const attributes = (graph?.node ?? []).flatMap(({ attribute }) => attribute ?? [])
  return [...(graph?.initializer ?? []), ...attributes.flatMap(({ t }) => t ?? [])]
}

function zeroTiny({ dataType, rawData, floatData }: Onnx.ITensorProto): number {
  if (dataType !== FLOAT) return 0
  let zeroed = 0
  const replace = (value: number, write: () => void): void => {
    if (value === 0 || Math.abs(value) >= TINY) return
    write()
    zeroed++
  }
  const raw = new DataView(rawData?.buffer ?? new ArrayBuffer(0), rawData?.byteOffset, rawData?.byteLength)
  for (let at = 0; at + 4 <= raw.byteLength; at += 4) replace(raw.getFloat32(at, true), () => raw.setFloat32(at, 0))
  for (const [k, value] of (floatData ?? []).entries())
    replace(value, () => {
      floatData![k] = 0
    })
  return zeroed
}

/** What a bench says about a model that was changed so. */
export const tinyNote = (zeroed: number): string | undefined =>
  zeroed === 0
    ? undefined
    : `onnxruntime has 0 for ${zeroed.toLocaleString('en')} weights below 2^-64: subnormal sums would make it slower`
