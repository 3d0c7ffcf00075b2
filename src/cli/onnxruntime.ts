import { allocate, elements, type Tensor } from '../ir/tensor.ts'
import { inBatches } from '../verify/in-batches.ts'
import type { Feeds, Reference } from '../verify/runner.ts'

/** The part of onnxruntime-node that is used. It is not a dependency: it is taken where it is installed. */
interface Onnxruntime {
  readonly InferenceSession: {
    readonly create: (bytes: Uint8Array, options: object) => Promise<Session>
  }
  readonly Tensor: new (type: string, values: Tensor['values'], shape: readonly number[]) => object
}

interface Session {
  readonly run: (feeds: Readonly<Record<string, object>>) => Promise<Record<string, OrtTensor>>
  readonly inputMetadata?: readonly { readonly shape?: readonly (number | string)[] }[]
}

interface OrtTensor {
  readonly dims: readonly number[]
  readonly data: ArrayLike<number | bigint>
}

const types = { f32: 'float32', i32: 'int32', bit: 'bool', u8: 'uint8', i8: 'int8', i64: 'int64' } as const

/** The model in onnxruntime with one thread, or in words why that is not possible. */
async function openSession(bytes: Uint8Array): Promise<{ session: Session; toFeeds: ToFeeds } | string> {
  // A name that no bundler and no type checker follows.
  const name = 'onnxruntime-node'
  let runtime: Onnxruntime
  try {
    runtime = (await import(name)) as Onnxruntime
  } catch {
    return 'onnxruntime-node is not installed'
  }
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 }
  const toTensor = ({ dtype, shape, values }: Tensor) => new runtime.Tensor(types[dtype], values, shape)
  try {
    return {
      session: await runtime.InferenceSession.create(bytes, options),
      toFeeds: feeds => Object.fromEntries([...feeds].map(([input, tensor]) => [input, toTensor(tensor)])),
    }
  } catch (error) {
    return `onnxruntime cannot run this model: ${(error as Error).message.split('\n')[0]}`
  }
}

type ToFeeds = (feeds: Feeds) => Readonly<Record<string, object>>

/** onnxruntime on this model, or in words why it cannot be asked. */
export async function openOnnxruntime(bytes: Uint8Array): Promise<Reference | string> {
  const opened = await openSession(bytes)
  if (typeof opened === 'string') return opened
  const { session, toFeeds } = opened
  return {
    name: 'onnxruntime',
    run: feeds =>
      inBatches(feeds, fixedBatch(session), async batch => {
        const outputs = await session.run(toFeeds(batch))
        return new Map(Object.entries(outputs).map(([output, tensor]) => [output, asFloats(tensor)]))
      }),
  }
}

/** The number of samples that the file fixes. */
function fixedBatch({ inputMetadata = [] }: Session): number | undefined {
  const size = inputMetadata[0]?.shape?.[0]
  return typeof size === 'number' && size > 0 ? size : undefined
}

/** One run of onnxruntime on this model and these inputs, nothing else, to be timed; or why it cannot be asked. */
export async function openTimedRun(bytes: Uint8Array, feeds: Feeds): Promise<(() => Promise<unknown>) | string> {
  const opened = await openSession(bytes)
  if (typeof opened === 'string') return opened
  try {
    const tensors = opened.toFeeds(feeds)
    await opened.session.run(tensors)
    return () => opened.session.run(tensors)
  } catch (error) {
    return `onnxruntime cannot run this model: ${(error as Error).message.split('\n')[0]}`
  }
}

/** Only numbers are compared, so the type does not matter. */
function asFloats({ dims, data }: OrtTensor): Tensor {
  const values = allocate('f32', elements(dims))
  for (let i = 0; i < values.length; i++) values[i] = Number(data[i])
  return { dtype: 'f32', shape: dims, values }
}
