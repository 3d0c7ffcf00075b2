import { describe, expect, test } from 'vitest'
import type { SourceFile } from '../../src/backends/backend.ts'
import { c } from '../../src/backends/c/index.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { createCRunner } from '../../src/run/c.ts'
import { makeFeeds } from '../../src/run/inputs.ts'
import type { Runner } from '../../src/run/runner.ts'
import { type VerifyOptions, verifyModel } from '../../src/verify/verify-model.ts'
import { hasCompiler } from '../c-runner.ts'
import { model } from '../onnx.ts'
import { smallNetwork } from './small-network.ts'

const options = (runner: Runner, more: Partial<VerifyOptions> = {}): VerifyOptions => ({
  name: 'small',
  backend: c,
  runner,
  feeds: graph => [1, 2].map(seed => makeFeeds(graph, seed)),
  references: [],
  tolerance: 1e-5,
  ...more,
})

/** A runner that changes the C text before it is built. */
const sabotage = (change: (text: string) => string): Runner => {
  const runner = createCRunner()
  const changed = ({ path, content }: SourceFile): SourceFile => {
    if (!path.endsWith('.c')) return { path, content }
    const now = change(String(content))
    if (now === content) throw new Error('the sabotage does not fit the generated code any more')
    return { path, content: now }
  }
  return { ...runner, build: (files, plan, rest) => runner.build(files.map(changed), plan, rest) }
}

/** The kernel of a layer, followed by a statement that sees y. */
const afterKernel = (layer: string, statement: string) => (text: string) =>
  text.replace(
    new RegExp(`static (?:INLINE )?void (small_${layer}(?:_\\d+)?)\\(([^)]*)\\)\\n\\{[^]*?\\n\\}\\n`),
    (kernel, name, parameters) => {
      const args = parameters.split(',').map((parameter: string) => /(\w+)$/.exec(parameter)![1])
      return `${kernel.replace(name, `${name}_right`)}
static void ${name}(${parameters})
{
  ${name}_right(${args.join(', ')});
  ${statement}
}
`
    },
  )

describe.skipIf(!hasCompiler('gcc'))('a network with float and binary layers', () => {
  test('is verified with its constants in a file', async () => {
    const result = await verifyModel(smallNetwork(), options(createCRunner(), { constants: 'file' }))
    expect(result.faults).toEqual([])
    expect(result.ok).toBe(true)
  })

  test('is verified, with and without strips', async () => {
    for (const strips of [true, false]) {
      const result = await verifyModel(
        smallNetwork(),
        options(createCRunner(), { backend: { ...c, lowering: { strips } } }),
      )
      expect(result.faults).toEqual([])
      expect(result.ok).toBe(true)
      expect(result.layers.map(({ wrong, cleanTails }) => [wrong, cleanTails])).not.toContainEqual([1, true])
      expect(result.outputs.map(({ verdict, samePrediction }) => [verdict, samePrediction])).toEqual([
        ['equal', true],
        ['equal', true],
      ])
    }
  })

  test('a wrong bit is found in its layer and channel, at its position', async () => {
    const flip = 'if (first_row <= 3 && 3 < end_row) y[(3 * 8 + 5) * 2 + 1] ^= 1u << 5;'
    const result = await verifyModel(smallNetwork(), options(sabotage(afterKernel('second', flip))))
    expect(result.ok).toBe(false)
    const wrong = result.layers.filter(layer => layer.wrong > 0)
    expect(wrong.map(({ name, wrongChannels, wrong: count }) => [name, wrongChannels, count])).toEqual([
      ['second', [37], 2],
    ])
    const { first } = wrong[0]!
    expect(first).toMatchObject({ sample: 0, position: [0, 3, 5, 37], actual: 1 - first!.expected })
    expect(first!.distance! >= 0 ? 1 : 0).toBe(first!.expected)
  })

  test('a wrong float is found in its layer', async () => {
    const shift = 'if (first_row == 0) y[2] += 0.01f;'
    const result = await verifyModel(smallNetwork(), options(sabotage(afterKernel('dense', shift))))
    expect(
      result.layers.filter(layer => layer.wrong > 0).map(({ name, wrongChannels }) => [name, wrongChannels]),
    ).toEqual([['dense', [2]]])
    expect(result.verdict).toBe('different')
    expect(new Set(result.outputs.map(({ verdict }) => verdict))).toEqual(new Set(['different']))
  })

  test('bits past the channels are found', async () => {
    const dirt = 'if (first_row == 0) y[1] |= 1u << 31;'
    const result = await verifyModel(smallNetwork(), options(sabotage(afterKernel('second', dirt))))
    expect(result.ok).toBe(false)
    expect(result.layers.find(({ cleanTails }) => !cleanTails)!.name).toBe('second')
  })

  test('a bit that rounding decides may flip; another one not', async () => {
    // 1 + 2^-24 − 1 in the first channels, and 1 alone.
    const bytes = model({
      inputs: { x: 'float[1,3,1,1]' },
      outputs: { y: 'float[1,2,1,1]' },
      initializers: { w: f32([2, 3, 1, 1], [1, 1, 1, 1, 0, 0]), v: f32([2, 2, 1, 1], [1, 1, 1, -1]) },
      nodes: [
        { op: 'Conv', name: 'first', in: ['x', 'w'], out: ['t'] },
        { op: 'Sign', name: 'sign', in: ['t'], out: ['s'] },
        { op: 'Conv', name: 'second', in: ['s', 'v'], out: ['y'] },
      ],
    })
    const feeds = () => [new Map([['x', f32([1, 3, 1, 1], [1, 2 ** -24, -1])]])]
    const flipped = async (bit: number) => {
      const runner = sabotage(afterKernel('first', `if (first_row == 0) y[0] ^= ${1 << bit}u;`))
      const result = await verifyModel(bytes, options(runner, { feeds }))
      const { flips, wrong } = result.layers.find(({ name, dtype }) => name === 'first' && dtype === 'bit')!
      return { flips, wrong, ok: result.ok }
    }
    expect(await flipped(0)).toEqual({ flips: 1, wrong: 0, ok: true })
    expect(await flipped(1)).toEqual({ flips: 0, wrong: 1, ok: false })
  })

  test('a compiler that is missing is named', async () => {
    const runner = createCRunner({ compiler: 'no-such-cc' })
    await expect(verifyModel(smallNetwork(), options(runner))).rejects.toThrow("there is no C compiler 'no-such-cc'")
  })

  test('generated code that does not compile is reported with the first error', async () => {
    const runner = sabotage(text => `${text}\nint broken = ;\n`)
    await expect(verifyModel(smallNetwork(), options(runner))).rejects.toThrow('could not build the generated code')
  })

  test('a crash is reported', async () => {
    const runner = sabotage(afterKernel('second', '*(volatile int *)8 = 0;'))
    await expect(verifyModel(smallNetwork(), options(runner))).rejects.toThrow('the generated code crashed: signal SIG')
  })
})
