import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { readModel } from '../../src/frontend/index.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { isMissing, readShared } from '../shared.ts'
import { type Feeds, targets } from '../targets.ts'

interface Model {
  /** Layers whose weights are bits and whose inputs are, too. */
  readonly binary: number
  /** Most bytes of constants, in C. */
  readonly constants: number
  /** Absolute, for outputs of some units; 0 is equal. */
  readonly tolerance: number
}

/** Networks of the QONNX model zoo, with the outputs of a rewrite to standard operators in onnxruntime. */
const models: Readonly<Record<string, Model>> = {
  TFC_1W2A: { binary: 4, constants: 9_728, tolerance: 2 ** -22 },
  TFC_2W2A: { binary: 4, constants: 18_432, tolerance: 2 ** -22 },
  kwsmlp_w3a3: { binary: 4, constants: 112_640, tolerance: 1e-5 },
  // Its first layer reads the floats that the model is given; those are multiplied with bits, too.
  unsw_w2a2: { binary: 3, constants: 16_384, tolerance: 2 ** -22 },
}

describe.skipIf(isMissing('models/qonnx')).each(Object.entries(models))('%s', (name, model) => {
  const bytes = () => readShared(`models/qonnx/${name}.onnx`)

  test('its layers are on bits, and its constants small', async () => {
    const { summary, warnings } = await compile(bytes(), { target: 'c', name: 'net' })
    expect(warnings.map(({ code }) => code)).not.toContain('input-not-binary')
    expect(summary.totals.binaryLayers).toBe(model.binary)
    expect(summary.constantBytes).toBeLessThanOrEqual(model.constants)
  })

  test.each(Object.entries(targets))('%s computes what onnxruntime does', async (_, run) => {
    const { graph, operators } = await readModel(bytes(), { name: 'net' })
    const passed = runPasses(graph, pipeline, { operators }).graph
    const { shape, inputs, outputs } = JSON.parse(new TextDecoder().decode(readShared(`models/qonnx/${name}.json`)))
    for (const [k, values] of inputs.entries()) {
      const feeds: Feeds = new Map([[passed.inputs[0]!.attrs.name, f32(shape, values)]])
      const [output] = (await run(passed, feeds)).values()
      const wanted: number[] = outputs[k]
      const found = Array.from(output!.values as Float32Array)
      const worst = Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)))
      expect(worst, `${found} is not ${wanted}`).toBeLessThanOrEqual(model.tolerance)
    }
  })
})
