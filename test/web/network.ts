import type { SourceFile } from '../../src/backends/backend.ts'
import { compileTargets, type TargetsOptions } from '../../src/index.ts'
import { f32, numbersOf } from '../../src/ir/tensor.ts'
import { model } from '../onnx.ts'
import { randomTensor } from '../random.ts'

/** Eighths, so that every engine has the same sums. */
const eighths = (shape: readonly number[], seed: number) =>
  f32(
    shape,
    numbersOf(randomTensor({ dtype: 'f32', shape }, seed)).map(value => Math.round(8 * value) / 8),
  )

/** A picture to four classes; 48 KB of weights, which no bundler takes into the script. */
export const networkModel = model({
  inputs: { image: 'float[1,3,32,32]' },
  outputs: { classes: 'float' },
  nodes: [{ op: 'Conv', in: ['image', 'w'], out: ['classes'], name: 'conv' }],
  initializers: { w: eighths([4, 3, 32, 32], 1) },
})

export const networkFiles = async (options: Partial<TargetsOptions>): Promise<readonly SourceFile[]> =>
  (await compileTargets(networkModel, { targets: ['wasm'], name: 'net', ...options })).files

/** What is fed to it, and its text for programs. */
export const image = Float32Array.from({ length: 3072 }, (_, i) => ((i * 7) % 17) - 8)
export const IMAGE = 'Float32Array.from({ length: 3072 }, (_, i) => ((i * 7) % 17) - 8)'
