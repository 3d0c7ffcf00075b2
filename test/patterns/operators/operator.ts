import { type ModelSpec, type NodeSpec, nodeModel } from '../../onnx.ts'
import { randomTensor } from '../../random.ts'

/** A network of one operator, computed in generated code. */
export interface Operator {
  readonly name: string
  readonly bytes: Uint8Array
  /** Relative; 1e-5 unless said otherwise. */
  readonly tolerance?: number
}

export type Rest = Partial<ModelSpec> & {
  readonly in?: readonly string[]
  readonly domain?: string
  readonly tolerance?: number
}

export const one = (
  op: string,
  inputs: Readonly<Record<string, string>>,
  attrs: NodeSpec['attrs'] = {},
  rest: Rest = {},
): Operator => ({
  name: `${op} of ${Object.values(inputs).join(', ')} ${JSON.stringify(attrs)}`,
  bytes: nodeModel(op, inputs, attrs, rest),
  ...(rest.tolerance ? { tolerance: rest.tolerance } : {}),
})

export const output = (type: string) => ({ outputs: { out: type } })

export const given = (initializers: NonNullable<ModelSpec['initializers']>, rest: Rest = {}): Rest => ({
  initializers,
  ...rest,
})

export const int64 = (...longs: readonly number[]) => ({ type: 'int64', dims: [longs.length], longs }) as const
export const indices = output('int64')

export const random = (...shape: readonly number[]) => randomTensor({ dtype: 'f32', shape }, 5)
export const feature = { x: 'float[2,6,5,7]' }
