import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { TensorLike } from './difference.ts'
import type { Feeds } from './network.ts'

const names = { f32: 'float32', i32: 'int32', bit: 'bool', u8: 'uint8', i8: 'int8', i64: 'int64' } as const

/** What onnxruntime computes node by node, without rewrites of its own; its words where it does not take the network. */
export async function runReference(
  bytes: Uint8Array,
  samples: readonly Feeds[],
): Promise<Map<string, TensorLike>[] | string> {
  let session: InferenceSession
  try {
    session = await InferenceSession.create(bytes, {
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    })
  } catch (error) {
    return String(error)
  }
  try {
    const results: Map<string, TensorLike>[] = []
    for (const feeds of samples) {
      const inputs = [...feeds].map(([name, { dtype, shape, values }]) => [
        name,
        new OrtTensor(names[dtype], values as Float32Array, [...shape]),
      ])
      const outputs = await session.run(Object.fromEntries(inputs))
      results.push(
        new Map(
          Object.entries(outputs).map(([name, { dims, data }]) => [
            name,
            { shape: dims, values: data as Float32Array },
          ]),
        ),
      )
    }
    return results
  } catch (error) {
    return String(error)
  } finally {
    await session.release()
  }
}
