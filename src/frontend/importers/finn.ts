import { call, number } from '../../ir/expr.ts'
import { elementwise, transpose } from './build.ts'
import { toFloat } from './cast.ts'
import { type Importer, operand } from './context.ts'
import { convolution } from './convolution.ts'
import { matrixMultiply } from './dense.ts'
import { a, one } from './expressions.ts'
import { normalization } from './normalization.ts'
import { pooling } from './pooling.ts'

/** Their attributes are those of recent operator sets, whatever version their own domain has. */
const LEAST_OPSET = 9

/** An operator of ONNX whose first input and result have their channels last. */
const onChannelsLast =
  (importer: Importer): Importer =>
  context => {
    const x = operand(context, 0)
    const axes = [...x.type.shape.keys()]
    const [batch, ...others] = axes as [number, ...number[]]
    const first = transpose(context, x, [batch, others.at(-1)!, ...others.slice(0, -1)])
    const inputs = [first, ...context.inputs.slice(1)]
    const [result] = [importer({ ...context, opset: Math.max(context.opset, LEAST_OPSET), inputs })].flat()
    return transpose(context, result!, [batch, ...others.slice(1), 1])
  }

export const channelsLast: Readonly<Record<string, Importer>> = {
  Conv: onChannelsLast(convolution.Conv),
  MaxPool: onChannelsLast(pooling.MaxPool),
  AveragePool: onChannelsLast(pooling.AveragePool),
  BatchNormalization: onChannelsLast(normalization.BatchNormalization),
}

/** FINN's own, of before and after its domains were split. */
export const finn: Record<'XnorPopcountMatMul' | 'MaxPoolNHWC', Importer> = {
  /** Of 0 and 1: how many of the K pairs are equal, (K + sum of ±1) / 2. */
  XnorPopcountMatMul: context => {
    const signs = [0, 1].map(index =>
      elementwise(context, call('sub', call('mul', number(2), a), one), toFloat(context, operand(context, index))),
    )
    const [left, right] = [signs[0]!, signs[1]!]
    const count = left.type.shape.at(-1) ?? 1
    return elementwise(
      context,
      call('mul', call('add', a, number(count)), number(0.5)),
      matrixMultiply(context, left, right),
    )
  },
  MaxPoolNHWC: onChannelsLast(pooling.MaxPool),
}
