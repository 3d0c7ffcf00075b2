import { toHalf } from '../frontend/half.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Feeds } from './runner.ts'

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

export interface Session {
  readonly run: (feeds: Readonly<Record<string, object>>) => Promise<Record<string, OrtTensor>>
  readonly inputMetadata: readonly {
    readonly name: string
    readonly type?: string
    readonly shape?: readonly (number | string)[]
  }[]
}

export interface OrtTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: ArrayLike<number | bigint>
}

const types = { f32: 'float32', i32: 'int32', bit: 'bool', u8: 'uint8', i8: 'int8', i64: 'int64' } as const

export const reasonOf = (error: unknown): string =>
  `onnxruntime cannot run this model: ${(error as Error).message.split('\n')[0]}`

interface Opened {
  readonly open: (bytes: Uint8Array) => Promise<Session>
  readonly session: Session
  readonly toFeeds: (feeds: Feeds) => Readonly<Record<string, object>>
  readonly typeOf: (input: string) => string | undefined
}

/** The model in onnxruntime with one thread, or in words why that is not possible. */
export async function openSession(bytes: Uint8Array, options: object = {}): Promise<Opened | string> {
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
