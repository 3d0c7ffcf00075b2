import { type ModelSpec, type NodeSpec, nodeModel } from '../onnx.ts'

/** A network of one operator, computed in generated code. */
export interface Operator {
  readonly name: string
  readonly bytes: Uint8Array
  /** Relative; 1e-5 unless said otherwise. */
  readonly tolerance?: number
}

type Rest = Partial<ModelSpec> & {
  readonly in?: readonly string[]
  readonly domain?: string
  readonly tolerance?: number
}

const one = (
  op: string,
  inputs: Readonly<Record<string, string>>,
  attrs: NodeSpec['attrs'] = {},
  rest: Rest = {},
): Operator => ({
  name: `${op} of ${Object.values(inputs).join(', ')} ${JSON.stringify(attrs)}`,
  bytes: nodeModel(op, inputs, attrs, rest),
  ...(rest.tolerance ? { tolerance: rest.tolerance } : {}),
})

const output = (type: string) => ({ outputs: { out: type } })

/** Integers of every size that an input may have, and bool. */
const integers: readonly Operator[] = [
  ...['int8', 'uint8', 'int32', 'int64', 'bool'].map(type => one('Cast', { x: `${type}[2,3,11]` }, { to: 1 })),
  ...['int8', 'uint8', 'int64'].map(type => one('Cast', { x: `${type}[2,37]` }, { to: 6 }, output('int32'))),
  ...['int8', 'int64'].map(type => one('Cast', { x: `${type}[2,37]` }, { to: 9 }, output('bool'))),
  ...['int8', 'uint8', 'int32', 'int64'].map(type =>
    one('Greater', { x: `${type}[2,37]`, y: `${type}[2,1]` }, {}, output('bool')),
  ),
  one('Add', { x: 'int64[2,37]', y: 'int64[37]' }, {}, output('int64')),
  one('Cast', { x: 'float[2,37]' }, { to: 6 }, output('int32')),
  one('Cast', { x: 'float[2,37]' }, { to: 3 }, output('int8')),
  one('Cast', { x: 'int32[2,37]' }, { to: 3 }, output('int8')),
  one('Cast', { x: 'int32[2,37]' }, { to: 2 }, output('uint8')),
]

export const operators: Readonly<Record<string, readonly Operator[]>> = { integers }
