import { fromHalf, toHalf } from '../frontend/half.ts'
import type { ReadExternal } from '../frontend/index.ts'
import { allocate, elements, type Tensor } from '../ir/tensor.ts'
import { half, single } from '../verify/bounded.ts'
import { inBatches } from '../verify/in-batches.ts'
import type { Feeds, Reference } from '../verify/runner.ts'
import { type PreparedModel, prepareModel } from './onnxruntime-model.ts'

/** The part of onnxruntime-node that is used. It is not a dependency: it is taken where it is installed. */
interface Onnxruntime {
  readonly InferenceSession: {
    readonly create: (bytes: Uint8Array, options: object) => Promise<Session>
  }
  readonly Tensor: new (
    type: string,
    values: Tensor['values'] | Uint16Array | Float64Array,
    shape: readonly number[],
  ) => object
}

interface Session {
  readonly run: (feeds: Readonly<Record<string, object>>) => Promise<Record<string, OrtTensor>>
  readonly inputMetadata: readonly {
    readonly name: string
    readonly type?: string
    readonly shape?: readonly (number | string)[]
  }[]
}

interface OrtTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: ArrayLike<number | bigint>
}

const types = { f32: 'float32', i32: 'int32', bit: 'bool', u8: 'uint8', i8: 'int8', i64: 'int64' } as const

const reasonOf = (error: unknown): string =>
  `onnxruntime cannot run this model: ${(error as Error).message.split('\n')[0]}`

interface Opened {
  readonly open: (bytes: Uint8Array) => Promise<Session>
  readonly session: Session
  readonly toFeeds: (feeds: Feeds) => Readonly<Record<string, object>>
  readonly typeOf: (input: string) => string | undefined
}

/** The model in onnxruntime with one thread, or in words why that is not possible. */
async function openSession(bytes: Uint8Array, options: object = {}): Promise<Opened | string> {
  // A name that no bundler and no type checker follows.
  const name = 'onnxruntime-node'
  let runtime: Onnxruntime
  try {
    runtime = (await import(name)) as Onnxruntime
  } catch {
    return 'onnxruntime-node is not installed (npm install onnxruntime-node)'
  }
  const settings = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4, ...options }
  const open = (model: Uint8Array) => runtime.InferenceSession.create(model, settings)
  try {
    const session = await open(bytes)
    const typeOf = (input: string) => session.inputMetadata.find(each => each.name === input)?.type
    const toTensor = (input: string, { dtype, shape, values }: Tensor) => {
      const type = typeOf(input)
      if (type === 'float16') return new runtime.Tensor(type, Uint16Array.from(values as Float32Array, toHalf), shape)
      if (type === 'float64') return new runtime.Tensor(type, Float64Array.from(values as Float32Array), shape)
      return new runtime.Tensor(types[dtype], values, shape)
    }
    const toFeeds = (feeds: Feeds) =>
      Object.fromEntries([...feeds].map(([input, tensor]) => [input, toTensor(input, tensor)]))
    return { open, session, toFeeds, typeOf }
  } catch (error) {
    return reasonOf(error)
  }
}

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

/** One run of onnxruntime on this model and these inputs, nothing else, to be timed; or why it cannot be asked. */
export async function openTimedRun(bytes: Uint8Array, feeds: Feeds): Promise<(() => Promise<unknown>) | string> {
  const opened = await openSession(bytes)
  if (typeof opened === 'string') return opened
  try {
    const tensors = opened.toFeeds(feeds)
    await opened.session.run(tensors)
    return () => opened.session.run(tensors)
  } catch (error) {
    return reasonOf(error)
  }
}

/** Only numbers are compared, so the type does not matter. */
function asFloats({ type, dims, data }: OrtTensor): Tensor {
  const values = allocate('f32', elements(dims))
  const isHalf = type === 'float16' && data instanceof Uint16Array
  for (let i = 0; i < values.length; i++) values[i] = isHalf ? fromHalf(Number(data[i])) : Number(data[i])
  return { dtype: 'f32', shape: dims, values }
}
