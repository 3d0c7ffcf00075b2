import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { wgsl } from '../../src/backends/wgsl/index.ts'
import { arg, call } from '../../src/ir/expr.ts'
import type { Graph } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { constant, create, input, type Node } from '../../src/ir/node.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { createNamer, isLegalName, legalName } from '../../src/plan/names.ts'
import { compileC, hasCompiler } from '../c-runner.ts'
import { openDevice } from '../gpu.ts'
import { loadPlan } from '../wasm-runner.ts'
import { importLoader, joinFeeds } from '../wgsl-runner.ts'

/** Words of C, C++, their headers and our own templates. */
const inC =
  `isa PORTABLE ALIGNED INLINE RESTRICT LANEWISE INFINITY NAN NULL HUGE_VAL uint32_t uintptr_t size_t UINT32_MAX
  NET_H run_with run_part run_avx2 unix linux errno I complex _Complex_I new class template co_await and_eq bitor
  bool true nullptr static_assert memset memcpy memcmp clamp_int first_tap workspace constants base row done end tracer
  INPUT OUTPUT HIGH isnan signbit M_PI TARGET_AVX2 SSE4 float_t prepare main int workspace_bytes`.split(/\s+/)
/** Words of WGSL: keywords, reserved words, predeclared types, functions and enumerants. */
const inWgsl = `read read_write write storage uniform workgroup private function vec4f array atomic bitcast select max
  min countOneBits infinity samples fn let var override const_assert diagnostic enable requires loop switch target self
  f16 texture_2d sampler ptr abs workgroupBarrier taps_inside pow_f32 perspective linear flat fragment vertex compute
  rgba8unorm i32 u32 f32 bool mat4x4f true main meta mod move mut position global_invocation_id`.split(/\s+/)
/** Keys that JavaScript's objects have without being asked. */
const inJs = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'arguments', 'eval', 'await', 'then']

const words = [...new Set([...inC, ...inWgsl, ...inJs])]

/** The first word names the input and the output of a layer, which has the second's name, and a constant the third's. */
function graphOf(name: string, named: readonly string[]): Graph {
  const inputs = named.map(each => input(each, { dtype: 'f32', shape: [2, 2] }))
  const nodes = inputs.map((x, k): Node => {
    const weights = constant(f32([1, 2], [k + 1, -1]), [named[(k + 1) % named.length]!])
    return create('map', [x, weights], { expr: call('max', call('mul', arg(0), arg(1)), arg(1)) }, [named[k]!])
  })
  const sum = nodes.reduce((a, b, k) => create('map', [a, b], { expr: call('add', arg(0), arg(1)) }, [named[k]!]))
  return { name, inputs, outputs: [...nodes.slice(0, 3), sum].map((node, k) => ({ name: `${named[k]!}`, node })) }
}

const chunks = Array.from({ length: Math.ceil(words.length / 12) }, (_, k) => words.slice(12 * k, 12 * k + 12))
const models = ['net', 'NETWORK', 'max', 'first', 'isa', 'int']
const graphs = chunks.map((chunk, k) => graphOf(`${models[k % models.length]!}${k < models.length ? '' : k}`, chunk))
const feedsOf = ({ inputs }: Graph) =>
  new Map(inputs.map(({ attrs: { name } }, k) => [name, f32([2, 2], [k, 1, -k, 2])]))

describe('names that mean something to a compiler', { timeout: 240_000 }, () => {
  for (const compiler of ['gcc', 'g++', 'clang-22', 'clang++-22'] as const)
    it.runIf(hasCompiler(compiler)).each(['inline', 'file'] as const)(`${compiler}, constants %s`, constants => {
      const plans = graphs.map(graph => lower(graph))
      const flags = compiler.includes('++') ? ['-O0'] : ['-O0', '-std=gnu11']
      const program = compileC(plans, { compiler, constants, flags })
      graphs.forEach((graph, k) => {
        expect(program.run(plans[k]!, [feedsOf(graph)])[0]!.outputs).toEqual(interpret(graph, feedsOf(graph)))
      })
    })

  it('WASM and its loader', async () => {
    for (const graph of graphs) {
      const results = (await loadPlan(lower(graph)))(feedsOf(graph))
      expect(results).toEqual(interpret(graph, feedsOf(graph)))
    }
  })

  it('WGSL and its loader', async () => {
    const device = await openDevice('null')
    for (const graph of graphs) {
      const plan = lower(graph, wgsl.lowering)
      device.pushErrorScope('validation')
      const model = await (await importLoader(plan)).load({ device })
      const results = await model.run(joinFeeds(plan, [feedsOf(graph)]))
      expect((await device.popErrorScope())?.message).toBeUndefined()
      expect(Object.keys(results).sort()).toEqual(graph.outputs.map(({ name }) => name).sort())
      model.destroy()
    }
    device.destroy()
  })
})

it.runIf(hasCompiler('gcc'))('no macro of the headers is a parameter', () => {
  const includes = ['math.h', 'stdint.h', 'stddef.h', 'string.h', 'immintrin.h', 'errno.h', 'complex.h', 'stdbool.h']
  const headers = includes.map(name => `#include <${name}>\n`).join('')
  const text = execFileSync('gcc', ['-x', 'c', '-std=gnu99', '-dM', '-E', '-'], { input: headers }).toString()
  const macros = [...text.matchAll(/^#define ([A-Za-z]\w*) /gm)].map(([, name]) => name!)
  expect(macros).toEqual(expect.arrayContaining(['INFINITY', 'unix', 'I']))
  const take = createNamer('net')
  expect(macros.filter(macro => take(macro, 'input', 'parameter') === macro)).toEqual([])
})

it('a model and a layer make no name of the templates', () => {
  const made = (model: string, layer: string) => `${model}_${createNamer(model)(layer, 'x')}`
  for (const [model, layer] of [
    ['max', 'f32'],
    ['first', 'row'],
    ['accumulate', '8x16'],
    ['M', 'PI'],
    ['uint32', 't'],
  ] as const)
    expect(made(model, layer)).not.toBe(`${model}_${layer}`)
  expect(made('net', 'conv1')).toBe('net_conv1')
  expect(createNamer('net')('image', 'input', 'parameter')).toBe('image')
})

it('inputs that differ in what makes them legal have macros of their own', () => {
  const take = createNamer('net')
  expect(['I', 'i', 'int', 'INT'].map(name => take(name, 'input', 'parameter'))).toEqual([
    'I_',
    'i_2',
    'int_',
    'INT_2_',
  ])
})

it('what is made legal stays legal', () => {
  for (const word of words) expect(isLegalName(legalName(word, 'x'))).toBe(true)
})
