import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { compile, readModel } from '../src/index.ts'
import { hasEffect, type OptionName, type options, specOf, typed } from '../src/options.ts'
import { nodeModel } from './onnx.ts'

const bytes = nodeModel('Relu', { x: 'float[1,3,4,4]' })
const given = (more: object): never => ({ target: 'c', name: 'net', ...more }) as never

/** For each option: values that it takes, and some that it does not. */
const samples: Readonly<Record<keyof typeof options, readonly [right: readonly unknown[], wrong: readonly unknown[]]>> =
  {
    target: [
      ['c', 'wasm', 'wgsl'],
      ['fpga', 'constructor', '', 1, null],
    ],
    name: [
      ['net', 'ü'],
      [1, {}, null],
    ],
    weights: [
      ['xnor', 'exact'],
      ['toString', 'Xnor', 1],
    ],
    binarize: [
      ['auto', []],
      ['node', ['node', 1], [''], 1],
    ],
    scale: [['alpha'], ['beta', true]],
    signZero: [
      ['error', 'exact'],
      ['minus', 0],
    ],
    inputType: [
      ['u8', 'f32'],
      ['u9', 8],
    ],
    mean: [[undefined], [[], ['1'], [Number.NaN], 1, '1,2']],
    std: [[undefined], [[], [null], [Infinity], 1]],
    package: [['python'], ['deb', true]],
    fpContract: [
      ['on', 'off'],
      ['fast', true],
    ],
    inputLayout: [
      ['nchw', 'nhwc'],
      ['NHWC', 4],
    ],
    firstLayer: [['float'], ['int', 1]],
    batch: [
      [1, 7],
      [0, -1, 1.5, '8', 1e20, Number.NaN, 8n],
    ],
    sizes: [[{}], [{ h: 0 }, { h: '4' }, 4, null]],
    rewriteLimit: [[1000], [0, 0.5, '7']],
    isa: [
      [[], ['avx2']],
      [['mmx'], 'avx2', 1],
    ],
    constants: [
      ['file', 'inline'],
      ['outside', false],
    ],
    trace: [
      [true, false],
      [1, 'true'],
    ],
    wat: [[false], [1, 'wat']],
    relaxedSimd: [[false], [1, 'yes']],
    inline: [[false], [1, 'yes']],
    labels: [[undefined], [[], [1], 'cat', {}]],
    commandLine: [['--fast'], [1, ['--fast']]],
    readExternal: [[() => new Uint8Array()], ['w.bin', {}]],
    observe: [[() => {}], [true]],
  }

describe('options of compile', () => {
  test.each(Object.entries(samples))('%s', async (name, [right, wrong]) => {
    for (const value of right) await expect(compile(bytes, given({ [name]: value }))).resolves.toBeDefined()
    for (const value of wrong) {
      const error = await compile(bytes, given({ [name]: value })).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toMatch(new RegExp(`^option ${name} is .*; expected `))
      expect((error as Error).message).not.toContain('\n')
    }
  })

  test('those that change the code stand in its header', async () => {
    const changes: [OptionName, unknown][] = [
      ...(['weights', 'binarize', 'scale', 'signZero', 'inputType', 'inputLayout', 'rewriteLimit'] as const).map(
        (name): [OptionName, unknown] => [name, samples[name]![0].at(-1)],
      ),
      ['batch', 7],
      ['isa', []],
      ['constants', 'file'],
      ['trace', true],
      ['wat', true],
      ['relaxedSimd', true],
      ['inline', true],
    ]
    for (const [name, value] of changes) {
      if (!hasEffect({ [name]: value }, name)) continue
      const [target = 'c'] = specOf(name).targets ?? []
      const { files } = await compile(bytes, given({ [name]: value, target }))
      const text = files.map(({ content }) => (typeof content === 'string' ? content : '')).join('')
      expect(text, name).toContain(typed(name, value))
    }
  })

  test('one that is missing, unknown, or for another target', async () => {
    await expect(compile(bytes, { name: 'net' } as never)).rejects.toThrow(
      "option target is missing; expected 'c', 'wasm', 'wgsl'",
    )
    await expect(compile(bytes, { target: 'c' } as never)).rejects.toThrow('option name is missing; expected a string')
    await expect(compile(bytes, given({ weight: 'exact' }))).rejects.toThrow(
      "there is no option 'weight'; the options are",
    )
    await expect(compile(bytes, given({ ['__proto__']: 1 }))).rejects.toThrow("there is no option '__proto__'")
    for (const more of [{ wat: true }, { inline: true }])
      await expect(compile(bytes, given(more))).rejects.toThrow('is for the target wasm')
    for (const more of [{ isa: [] }, { constants: 'file' }])
      await expect(compile(bytes, given({ ...more, target: 'wasm' }))).rejects.toThrow(
        'is for the target c; this is wasm',
      )
    for (const none of [undefined, null, 'c'])
      await expect(compile(bytes, none as never)).rejects.toThrow('expected an object')
  })
})

describe('the bytes of a model', () => {
  test.each([
    undefined,
    null,
    'model.onnx',
    [8, 8],
    {},
    new ArrayBuffer(8),
    new Uint16Array(4),
  ])('not %s', async wrong => {
    await expect(compile(wrong as never, given({}))).rejects.toThrow(TypeError)
    await expect(readModel(wrong as never)).rejects.toThrow(/^the model is .*; expected its bytes as a Uint8Array/)
  })

  test('a Buffer, a part of one, and those of another realm', async () => {
    const inside = Buffer.concat([Buffer.from('..'), bytes]).subarray(2)
    const foreign = runInNewContext('Uint8Array.from(values)', { values: [...bytes] }) as Uint8Array
    expect(foreign).not.toBeInstanceOf(Uint8Array)
    for (const each of [Buffer.from(bytes), inside, foreign])
      await expect(compile(each, given({}))).resolves.toBeDefined()
  })
})
