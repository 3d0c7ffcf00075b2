import { allocate, elements, type Tensor } from '../ir/tensor.ts'
import type { Reference } from '../verify/runner.ts'

/** The part of onnxruntime-node that is used. It is not a dependency: it is taken where it is installed. */
interface Onnxruntime {
  readonly InferenceSession: {
    readonly create: (bytes: Uint8Array, options: object) => Promise<Session>
  }
  readonly Tensor: new (type: string, values: Tensor['values'], shape: readonly number[]) => object
}

interface Session {
  readonly run: (feeds: Readonly<Record<string, object>>) => Promise<Record<string, OrtTensor>>
}

interface OrtTensor {
  readonly dims: readonly number[]
  readonly data: ArrayLike<number | bigint>
}

const types = { f32: 'float32', i32: 'int32', bit: 'bool', u8: 'uint8', i64: 'int64' } as const

/** onnxruntime on this model, or in words why it cannot be asked. */
export async function openOnnxruntime(bytes: Uint8Array): Promise<Reference | string> {
  // A name that no bundler and no type checker follows.
  const name = 'onnxruntime-node'
  let runtime: Onnxruntime
  try {
    runtime = (await import(name)) as Onnxruntime
  } catch {
    return 'onnxruntime-node is not installed'
  }
  try {
    const session = await runtime.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
    return {
      name: 'onnxruntime',
      run: async feeds => {
        const inputs = [...feeds].map(([input, { dtype, shape, values }]) => [
          input,
          new runtime.Tensor(types[dtype], values, shape),
        ])
        const outputs = await session.run(Object.fromEntries(inputs))
        return new Map(Object.entries(outputs).map(([output, tensor]) => [output, asFloats(tensor)]))
      },
    }
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
