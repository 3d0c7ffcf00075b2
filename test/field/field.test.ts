import { describe, expect, test } from 'vitest'
import { type CompileOptions, compile } from '../../src/compile.ts'
import { readModel } from '../../src/frontend/index.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { f32, type Tensor, type TensorType } from '../../src/ir/tensor.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { seeded } from '../random.ts'
import { isMissing, readShared } from '../shared.ts'
import { type Feeds, targets } from '../targets.ts'

interface Case {
  readonly expect: 'binary' | 'equal' | 'warned' | 'float-weights' | 'manual'
  readonly what: string
  readonly 'until-planes'?: string
  readonly options?: Omit<CompileOptions, 'target' | 'name'>
}

const missing = isMissing('field/cases.json')
const json = (path: string) => JSON.parse(new TextDecoder().decode(readShared(path)))
const cases: Readonly<Record<string, Case>> = missing ? {} : json('field/cases.json')

/** What onnxruntime cannot run, and one feed with its output instead. */
const CUSTOM = ['92b-w2a1-qonnx-quant', '93-quant-int64-zero-point']
/** An exact 0 meets a sign even of odd inputs: warned of by name. */
const ZEROS = ['64-matmul-left-const', '23-gelu-erf']

/** Odd multiples of 1/64 for floats; small integers for others. */
function feedOf({ dtype, shape }: TensorType, seed: number): Tensor {
  const next = seeded(seed)
  const length = shape.reduce((product, size) => product * size, 1)
  if (dtype === 'f32')
    return f32(
      shape,
      Float32Array.from({ length }, () => (2 * Math.floor(next() * 128) - 127) / 64),
    )
  const integers = Array.from({ length }, () => Math.floor(next() * 5))
  if (dtype === 'i64') return { dtype, shape, values: BigInt64Array.from(integers, BigInt) }
  return { dtype, shape, values: dtype === 'i32' ? Int32Array.from(integers) : Uint8Array.from(integers) }
}

async function made(name: string, { options = {} }: Case) {
  const bytes = readShared(`field/${name}.onnx`)
  const model = await readModel(bytes, { name: 'net', ...options })
  const passed = runPasses(model.graph, pipeline, { ...options, operators: model.operators })
  const { summary, warnings } = await compile(bytes, { ...options, target: 'c', name: 'net' })
  return { bytes, imported: model.graph, graph: passed.graph, summary, codes: warnings.map(({ code }) => code) }
}

const isClose = (a: number, b: number, tolerance: number): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)) || Object.is(a, b)

describe.skipIf(missing).each(Object.entries(cases))('%s', (name, field) => {
  test.skipIf(field.expect === 'manual' || field.expect === 'float-weights' || CUSTOM.includes(name))(
    `${field.what}: equal to onnxruntime in every target`,
    async () => {
      const { bytes, imported, graph, codes } = await made(name, field)
      // onnxruntime rounds to float16 after every node.
      const tolerance = codes.includes('computed-in-f32') ? 2 ** -9 : 1e-4
      if (ZEROS.includes(name)) expect(codes).toContain('sign-of-zero')
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        const feeds: Feeds = new Map(imported.inputs.map(node => [node.attrs.name, feedOf(node.type, seed)]))
        const expected = ZEROS.includes(name) ? interpret(graph, feeds) : await runOnnxruntime(bytes, feeds)
        const chosen = seed === 1 ? Object.entries(targets) : [['interpreter', interpret] as const]
        for (const [target, run] of chosen)
          for (const [output, tensor] of await run(graph, feeds)) {
            const values = Array.from(tensor.values as Float32Array, Number)
            const wanted = Array.from(expected.get(output)!.values as readonly number[], Number)
            const wrong = values.findIndex((value, i) => !isClose(value, wanted[i]!, tolerance))
            expect(wrong < 0 ? 'equal' : `${target}, ${output}[${wrong}]: ${values[wrong]}, not ${wanted[wrong]}`).toBe(
              'equal',
            )
          }
      }
    },
  )

  test.runIf(CUSTOM.includes(name) && !missing && name.startsWith('92'))(
    `${field.what}: as its file says`,
    async () => {
      const { graph } = await made(name, field)
      const { shape, input, expected } = json(`field/${name}.json`)
      const feeds: Feeds = new Map([[graph.inputs[0]!.attrs.name, f32(shape, input)]])
      for (const run of Object.values(targets)) {
        const [output] = (await run(graph, feeds)).values()
        Array.from(output!.values as Float32Array).forEach((value, i) => void expect(value).toBeCloseTo(expected[i], 3))
      }
    },
  )

  test('layers behind signs are bits, others are warned of or have a reason', async () => {
    const { summary, codes } = await made(name, field)
    const binary = summary.layers.filter(({ kind }) => kind === 'binary')
    if (field.expect === 'binary') {
      expect(binary.length).toBeGreaterThan(0)
      expect(codes).not.toContain('input-not-binary')
    }
    if (field.expect === 'warned') expect(codes).toContain('sign-of-zero')
    if (field.expect === 'float-weights') expect(codes).toContain('changed-weights')
    for (const { reason } of summary.layers) expect(reason).not.toBe('')
  })

  test('compiles for every target', async () => {
    for (const target of ['wasm', 'wgsl'] as const) {
      const { files } = await compile(readShared(`field/${name}.onnx`), { ...field.options, target, name: 'net' })
      expect(files.length).toBeGreaterThan(1)
    }
  })
})

test.skipIf(missing)('a sign of exact zeros is refused on request', async () => {
  const bytes = readShared('field/131-sign-of-image.onnx')
  await expect(compile(bytes, { target: 'c', name: 'net', signZero: 'error' })).rejects.toThrow(/^sign-of-zero: Sign/)
})
