import { describe, expect, it } from 'vitest'
import { benchWasm } from '../src/bench/wasm.ts'
import { isMissing, readShared } from './shared.ts'

describe.skipIf(isMissing('models/lenet5.binary.onnx'))('bench of WASM', () => {
  it('measures both sides and every layer', async () => {
    const result = await benchWasm(readShared('models/lenet5.binary.onnx'), { name: 'lenet5', milliseconds: 200 })
    expect(result.xnorc).toBeGreaterThan(0)
    // How much faster is no matter for a test: on a busy machine 200 ms may pass before the code is optimised.
    expect(result.ratio).toBeGreaterThan(0)
    expect(result.layers.length).toBeGreaterThan(5)
    for (const { microseconds } of result.layers) expect(microseconds).toBeGreaterThan(0)
  })
})
