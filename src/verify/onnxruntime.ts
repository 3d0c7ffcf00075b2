import { fromHalf, toHalf } from '../frontend/half.ts'
import type { ReadExternal } from '../frontend/index.ts'
import { allocate, elements, type Tensor } from '../ir/tensor.ts'
import { type OrtTensor, openSession, reasonOf, type Session } from '../run/onnxruntime.ts'
import { half, single } from './bounded.ts'
import { inBatches } from './in-batches.ts'
import { type PreparedModel, prepareModel } from './onnxruntime-model.ts'
import type { Reference } from './reference.ts'

/**
 * onnxruntime on this model, or in words why it cannot be asked. It is told to leave the graph as it is: it would fuse
 * nodes, and compute quantised layers in another arithmetic than the model says.
 */
export async function openOnnxruntime(bytes: Uint8Array, readExternal?: ReadExternal): Promise<Reference | string> {
  let model: PreparedModel
  try {
    model = await prepareModel(bytes, readExternal)
  } catch (error) {
    return reasonOf(error)
  }
  const opened = await openSession(model.bytes, { graphOptimizationLevel: 'disabled' })
  if (typeof opened === 'string') return opened
  const { session, toFeeds, typeOf, open } = opened
  const batch = fixedBatch(session)
  let nodes: Promise<Session> | undefined
  return {
    name: 'onnxruntime',
    arithmetic: model.hasHalf ? half : single,
    representable: feeds =>
      new Map([...feeds].map(([input, tensor]) => [input, typeOf(input) === 'float16' ? halved(tensor) : tensor])),
    run: feeds => inBatches(feeds, batch, async part => floatsOf(await session.run(toFeeds(part)))),
    runNodes: async feeds => {
      nodes ??= open(model.withNodes())
      const withNodes = await nodes
      const outputs = await inBatches(feeds, batch, async part => floatsOf(await withNodes.run(toFeeds(part))))
      return new Map(
        [...model.outputOf].flatMap(([node, output]) => {
          const tensor = outputs.get(output)
          return tensor ? [[node, tensor.values as Float32Array] as const] : []
        }),
      )
    },
  }
}

const halved = (tensor: Tensor): Tensor =>
  tensor.values instanceof Float32Array
    ? { ...tensor, values: tensor.values.map(value => fromHalf(toHalf(value))) }
    : tensor

/** The number of samples that the file fixes. */
function fixedBatch({ inputMetadata }: Session): number | undefined {
  const size = inputMetadata[0]?.shape?.[0]
  return typeof size === 'number' && size > 0 ? size : undefined
}

const floatsOf = (outputs: Readonly<Record<string, OrtTensor>>): Map<string, Tensor> =>
  new Map(
    Object.entries(outputs)
      .filter(([, { type }]) => type !== 'string')
      .map(([output, tensor]) => [output, asFloats(tensor)]),
  )

/** Only numbers are compared, so the type does not matter. */
function asFloats({ type, dims, data }: OrtTensor): Tensor {
  const values = allocate('f32', elements(dims))
  const isHalf = type === 'float16' && data instanceof Uint16Array
  for (let i = 0; i < values.length; i++) values[i] = isHalf ? fromHalf(Number(data[i])) : Number(data[i])
  return { dtype: 'f32', shape: dims, values }
}
