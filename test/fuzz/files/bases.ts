import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { f32 } from '../../../src/ir/tensor.ts'
import { model, node } from '../../onnx.ts'
import { generate } from '../generate.ts'
import { encode } from '../network.ts'

/** A whole file, and where it comes from. */
export interface Base {
  readonly origin: string
  readonly bytes: Uint8Array
}

const bytesOf = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

/** What the grammar of networks does not make: branches, functions, open sizes, data beside the file, typed data. */
const forms: readonly (() => Uint8Array)[] = [
  () =>
    model({
      inputs: { x: 'float[N,2,H,5]' },
      outputs: { s: 'float[N,3]' },
      initializers: {
        w: { type: 'float', dims: [3, 2, 2, 2], external: { location: 'weights.bin', offset: '0', length: '96' } },
        shape: { type: 'int64', dims: [2], longs: [0, -1] },
        v: { type: 'float', dims: [12, 3], floats: Array.from({ length: 36 }, (_, k) => (k % 3 ? 1 : -1)) },
      },
      nodes: [
        node('Conv', ['x', 'w'], 'sum', { strides: [1, 1], pads: [0, 0, 0, 0] }),
        node('Sign', ['sum'], 'sign'),
        node('Reshape', ['sign', 'shape'], 'flat'),
        node('MatMul', ['flat', 'v']),
      ],
    }),
  () =>
    model({
      inputs: { x: 'float[2,4]' },
      outputs: { s: 'float[2,4]' },
      initializers: { yes: { type: 'bool', dims: [], raw: Uint8Array.of(1) }, b: f32([4], [1, -1, 2, 0]) },
      nodes: [
        node('If', ['yes'], 's', {
          then_branch: { graph: { nodes: [node('Add', ['x', 'b'], 'sum')], outputs: { sum: 'float[2,4]' } } },
          else_branch: { graph: { nodes: [node('Sign', ['x'], 'sign')], outputs: { sign: 'float[2,4]' } } },
        }),
      ],
    }),
  () =>
    model({
      inputs: { x: 'float[1,2,4,4]' },
      outputs: { s: 'float[1,2,4,4]', t: 'float[1,2,4,4]' },
      domains: { local: 1 },
      nodes: [
        node('Twice', ['x'], 's', { alpha: { float: 2 } }, 'local'),
        node('Twice', ['s'], 't', { alpha: 0.5 }, 'local'),
      ],
      functions: [
        {
          name: 'Twice',
          domain: 'local',
          in: ['a'],
          out: ['b'],
          attributes: ['alpha'],
          nodes: [node('LeakyRelu', ['a'], 'c', { alpha: { ref: 'alpha' } }), node('Sign', ['c'], 'b')],
        },
      ],
    }),
  () =>
    model({
      inputs: { x: 'float[1,3,6,6]' },
      outputs: { s: 'float[1,4,3,3]' },
      initializers: {
        w: { type: 'float', dims: [4, 3, 3, 3], raw: bytesOf(Array.from({ length: 108 }, (_, k) => (k % 5 ? 1 : -1))) },
        ...Object.fromEntries(['scale', 'bias', 'mean', 'var'].map(name => [name, f32([4], [1, 2, 3, 4])])),
      },
      nodes: [
        node('Sign', ['x'], 'sign'),
        node('Conv', ['sign', 'w'], 'sum', { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
        node('BatchNormalization', ['sum', 'scale', 'bias', 'mean', 'var'], 'normal', { epsilon: 1e-5 }),
        node('MaxPool', ['normal'], 'pool', { kernel_shape: [2, 2], strides: [2, 2] }),
        node('Sign', ['pool']),
      ],
    }),
]

const LARGEST = 30_000
let field: readonly string[] | undefined

/** Files of others, where there are any beside the repository. */
function fieldFiles(): readonly string[] {
  const folder = resolve('../shared/field')
  field ??= existsSync(folder)
    ? readdirSync(folder)
        .filter(name => name.endsWith('.onnx'))
        .map(name => join(folder, name))
        .filter(path => statSync(path).size <= LARGEST)
    : []
  return field
}

/** A file to damage: networks of the grammar most often. */
export function baseOf(random: () => number): Base {
  const [kind, which] = [random(), random()]
  const files = fieldFiles()
  if (kind < 0.15) {
    const form = Math.floor(which * forms.length)
    return { origin: `form ${form}`, bytes: forms[form]!() }
  }
  if (kind < 0.22 && files.length > 0) {
    const path = files[Math.floor(which * files.length)]!
    return { origin: path.replace(/.*[/]/, ''), bytes: new Uint8Array(readFileSync(path)) }
  }
  const seed = Math.floor(which * 2 ** 31)
  return { origin: `network ${seed}`, bytes: encode(generate(seed).network) }
}
