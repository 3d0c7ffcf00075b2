import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { printWasm, wasm } from '../../../src/backends/wasm/index.ts'
import { compile } from '../../../src/compile.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { f32 } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { smallGraph } from '../../small-graph.ts'
import { importInline, runLoaded } from '../../wasm-runner.ts'

const options = { version: 'test', inline: true, relaxedSimd: true }

const model = readFileSync(join(import.meta.dirname, '../../../examples/lenet5-mnist/lenet5.binary.onnx'))

const compiled = (relaxedSimd: boolean) =>
  compile(model, { target: 'wasm', name: 'lenet5', inline: true, wat: true, relaxedSimd })

const textOf = ({ files }: Awaited<ReturnType<typeof compiled>>) =>
  files.find(({ path }) => path.endsWith('.wat'))!.content as string

describe('--relaxed-simd', () => {
  const relaxed = compiled(true)
  const exact = compiled(false)

  it('fuses the products of float layers, and nothing does without it', async () => {
    expect(textOf(await relaxed)).toContain('f32x4.relaxed_madd')
    expect(textOf(await relaxed)).not.toContain('f32x4.mul (local.get $s)')
    expect(textOf(await exact)).not.toContain('relaxed')
  })

  it('is refused in words by an engine without it', async () => {
    const { load } = await importInline((await relaxed).files)
    // Node 22 has it, and its V8 no such option.
    if (Number(process.versions.node.split('.')[0]) < 21) {
      await expect(load()).rejects.toThrow('lenet5.wasm needs relaxed SIMD')
      setFlagsFromString('--experimental-wasm-relaxed-simd')
    }
    await expect(load()).resolves.toBeDefined()
  })

  it('computes what the interpreter does where every sum is exact', async () => {
    const graph = smallGraph()
    const plan = lower(graph, wasm.lowering)
    const run = await runLoaded(plan, await importInline(await printWasm(plan, options)))
    for (let seed = 0; seed < 20; seed++) {
      const image = f32(
        [1, 6, 6, 2],
        Array.from({ length: 72 }, (_, k) => (((k + seed) * 7) % 17) / 8 - 1),
      )
      const feeds = new Map([['image', image]])
      expect(run(feeds)).toEqual(interpret(graph, feeds))
    }
  })

  it('computes nearly the same elsewhere', async () => {
    const [ours, theirs] = await Promise.all(
      [relaxed, exact].map(async result => (await importInline((await result).files)).load()),
    )
    const { name } = ours!.inputs[0]!
    const values = Float32Array.from({ length: 28 * 28 }, (_, k) => Math.sin(k * k))
    const [fused, rounded] = [ours, theirs].map(each => Array.from(each!.run({ [name]: values }).logits!, Number))
    expect(rounded!.length).toBe(10)
    for (const [k, value] of rounded!.entries()) expect(fused![k]).toBeCloseTo(value, 4)
  })
})
