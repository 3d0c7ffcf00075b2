import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { c } from '../../../src/backends/c/index.ts'
import { hash64 } from '../../../src/backends/print/hash.ts'
import { readModel } from '../../../src/frontend/index.ts'
import { arg, call } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { create, input } from '../../../src/ir/node.ts'
import { lower } from '../../../src/lower/index.ts'
import { runPasses } from '../../../src/passes/pass.ts'
import { pipeline } from '../../../src/passes/pipeline.ts'
import { ALIGNMENT } from '../../../src/plan/arena.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import type { Run } from '../../../src/run/runner.ts'
import { compileC, encode, hasCompiler, SANITIZED, type Settings } from '../../c-runner.ts'
import { randomFeeds } from '../../random.ts'
import { randomGraphs } from '../../random-graphs.ts'
import { smallGraph } from '../../small-graph.ts'

const printed = (plan: Plan) => {
  const [code, header, file] = c.print(plan, { version: '0.0.0', constants: 'file' })
  return { code: String(code!.content), header: String(header!.content), bytes: file!.content as Uint8Array }
}

/** Both forms of the code return the same bytes: status, outputs, sample by sample. */
function agree(graphs: readonly Graph[], settings: Settings): void {
  const plans = graphs.map(graph => lower(graph))
  const inline = compileC(plans, settings)
  const file = compileC(plans, { ...settings, constants: 'file' })
  graphs.forEach((graph, k) => {
    const plan = plans[k]!
    const inputs = encode(
      plan,
      [1, 2].map(seed => randomFeeds(graph, seed)),
    )
    const results = [file, inline].map(program =>
      program.runBytes(plan, inputs).map(({ status, outputs }) => [status, outputs]),
    )
    expect(results[0], graph.name).toEqual(results[1])
  })
}

const sampleGraphs = (count: number, seed: number): Graph[] =>
  fc.sample(randomGraphs, { numRuns: count, seed }).map((graph, k) => ({ ...graph, name: `${graph.name}_${k}` }))

describe('constants in a file', { timeout: 240_000 }, () => {
  it('are what the golden files say; npm run golden writes them', () => {
    const folder = join(import.meta.dirname, '../golden/small/c-constants')
    for (const { path, content } of c.print(lower(smallGraph()), { version: '0.0.0', constants: 'file' })) {
      if (process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true') {
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, path), content)
      }
      expect(Buffer.from(content)).toEqual(readFileSync(join(folder, path)))
    }
  })

  it('lie at multiples of 64 bytes, little-endian, in the order of the struct', () => {
    const plan = lower(smallGraph())
    const { code, header, bytes } = printed(plan)
    expect(header).toContain(`#define SMALL_CONSTANTS_BYTES ${bytes.length} `)
    const members = [...code.matchAll(/^ {2}(?:float|u?int32_t) (\w+)\[(\d+)\];$/gm)]
    const sizes = members.map(([, , length]) => 4 * Number(length))
    expect(sizes.every(size => size % ALIGNMENT === 0)).toBe(true)
    expect(bytes.length).toBe(ALIGNMENT + sizes.reduce((a, b) => a + b))
    const at = members.findIndex(([, name]) => name === 'alpha')
    const offset = ALIGNMENT + sizes.slice(0, at).reduce((a, b) => a + b, 0)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    expect([0, 1, 2, 3].map(k => view.getFloat32(offset + 4 * k, true))).toEqual([0.5, 0.25, 2, 0])
  })

  it.runIf(hasCompiler('gcc'))('compute the same: random graphs', () => agree(sampleGraphs(12, 11), {}))
  it.runIf(hasCompiler('gcc'))('under sanitizers, portable code', () =>
    agree(sampleGraphs(5, 12), { flags: SANITIZED, isa: [] }),
  )
  it.runIf(hasCompiler('clang-22'))('under sanitizers, AVX2', () =>
    agree(sampleGraphs(5, 13), { compiler: 'clang-22', flags: SANITIZED, isa: ['avx2'] }),
  )
  it.runIf(hasCompiler('gcc'))('under sanitizers, the best of this machine', () =>
    agree(sampleGraphs(5, 14), { flags: SANITIZED }),
  )
  it.runIf(hasCompiler('g++'))('as C++', () => agree(sampleGraphs(4, 15), { compiler: 'g++', flags: ['-O1'] }))
  it.runIf(hasCompiler('clang++-22'))('as C++ by clang', () =>
    agree(sampleGraphs(4, 16), { compiler: 'clang++-22', flags: ['-O1'] }),
  )

  describe.runIf(hasCompiler('gcc'))('of whole networks compute the same', () => {
    const models = ['lenet5-mnist/lenet5', 'nin-cifar10/nin', 'textcnn-imdb/textcnn']
    it.each(models)('%s', async name => {
      const path = join(import.meta.dirname, '../../../examples', `${name}.binary.onnx`)
      const model = await readModel(new Uint8Array(readFileSync(path)), { name: name.split('/')[1]! })
      agree([runPasses(model.graph, pipeline, {}).graph], {})
    })
  })

  it.runIf(hasCompiler('gcc'))('of another model, or of an older one: 2, and outputs of zeros', () => {
    const graph = smallGraph()
    const plan = lower(graph)
    const { bytes } = printed(plan)
    const program = compileC([plan], { constants: 'file', flags: SANITIZED })
    const inputs = encode(plan, [randomFeeds(graph, 1)])
    const statusOf = (file: Uint8Array) => {
      const [{ status, outputs }] = program.runBytes(plan, inputs, file) as [Run]
      return [status, ...outputs.get(plan.outputs[0]!.name)!.values]
    }
    expect(statusOf(bytes)[0]).toBe(0)
    expect(statusOf(bytes.with(20, bytes[20]! ^ 1))).toEqual([2, 0, 0, 0])
    expect(statusOf(new Uint8Array(bytes.length))).toEqual([2, 0, 0, 0])
  })

  it('have another identity where up to two bits are others, or words change places', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => i * 37)
    const flip = (...bits: number[]) =>
      bytes.map((byte, i) => bits.reduce((b, at) => (at >> 3 === i ? b ^ (1 << (at & 7)) : b), byte))
    const bits = [...bytes.keys()].flatMap(i => [8 * i, 8 * i + 7])
    const changed = [
      bytes,
      ...bits.map(a => flip(a)),
      ...bits.flatMap(a => bits.filter(b => b > a).map(b => flip(a, b))),
      Uint8Array.of(...bytes.subarray(4), ...bytes.subarray(0, 4)),
      new Uint8Array(32),
      new Uint8Array(64),
    ]
    const hashes = new Set(changed.map(hash64))
    expect(hashes.size).toBe(changed.length)
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/)
  })

  it.runIf(hasCompiler('gcc'))('of a network without any are only the identity', () => {
    const x = input('x', { dtype: 'f32', shape: [3] })
    const graph = {
      name: 'negate',
      inputs: [x],
      outputs: [{ name: 'y', node: create('map', [x], { expr: call('neg', arg(0)) }, ['neg']) }],
    }
    expect(printed(lower(graph)).bytes.length).toBe(ALIGNMENT)
    agree([graph], {})
  })
})
