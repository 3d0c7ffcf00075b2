import { describe, expect, it } from 'vitest'
import { c } from '../../../src/backends/c/index.ts'
import { lower } from '../../../src/backends/lower.ts'
import { readModel } from '../../../src/frontend/index.ts'
import { runPasses } from '../../../src/passes/pass.ts'
import { pipeline } from '../../../src/passes/pipeline.ts'
import { compileC, floatsOf, hasCompiler } from '../../c-runner.ts'
import { accuracy, cifar10, imdb, mnist, type Samples } from '../../networks.ts'
import { isMissing, readShared } from '../../shared.ts'

const KIB = 1024

interface Network {
  readonly model: string
  readonly samples: () => Samples
  /** Measured with onnxruntime on the same samples. */
  readonly accuracy: number
  readonly constantBytes: number
  readonly workspaceBytes: number
}

const networks: Readonly<Record<string, Network>> = {
  lenet5: {
    model: 'models/lenet5.binary.onnx',
    samples: mnist,
    accuracy: 0.9938,
    constantBytes: 105 * KIB,
    workspaceBytes: 24 * KIB,
  },
  nin: {
    model: 'models/nin.binary.onnx',
    samples: () => cifar10(1000),
    accuracy: 0.699,
    constantBytes: 220 * KIB,
    workspaceBytes: 48 * KIB,
  },
  textcnn: {
    model: 'models/textcnn.binary.onnx',
    samples: () => imdb(2000),
    accuracy: 0.8706,
    constantBytes: 400 * KIB,
    workspaceBytes: 200 * KIB,
  },
}

describe.runIf(hasCompiler('gcc'))('trained networks in C', () => {
  for (const [name, network] of Object.entries(networks))
    it.skipIf(isMissing(network.model))(`${name} is as accurate as its ONNX model, and small`, async () => {
      const { graph } = runPasses((await readModel(readShared(network.model))).graph, pipeline)
      const plan = lower({ ...graph, name })
      const { constantBytes, workspaceBytes } = c.measure(plan)
      expect(constantBytes).toBeLessThanOrEqual(network.constantBytes)
      expect(workspaceBytes).toBeLessThanOrEqual(network.workspaceBytes)
      const samples = network.samples()
      const { outputs, microseconds } = compileC([plan], { flags: ['-O3'] }).runBytes(plan, samples.inputs)
      const found = accuracy(floatsOf(plan, outputs), samples)
      console.info(
        `${name}: ${(found * 100).toFixed(2)} %, ${microseconds.toFixed(1)} µs, ${constantBytes} + ${workspaceBytes} bytes`,
      )
      expect(Math.abs(found - network.accuracy)).toBeLessThan(name === 'lenet5' ? 0.0005 : 0.03)
    })
})
