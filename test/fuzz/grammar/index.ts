import { constants } from './constants.ts'
import { elementwise } from './elementwise.ts'
import { layers } from './layers.ts'
import { logic } from './logic.ts'
import { movements } from './movement.ts'
import { openvino, quantization } from './quantization.ts'
import { reductions } from './reductions.ts'
import type { Rules } from './rule.ts'
import { selections } from './selection.ts'
import { standardization } from './standardization.ts'

/** How every operator enters a network, by domain, as the table of importers has them. */
export const grammar: Readonly<Record<string, Rules>> = {
  '': {
    ...constants,
    ...elementwise,
    ...layers,
    ...logic,
    ...movements,
    ...reductions,
    ...selections,
    ...standardization,
  },
  'qonnx.custom_op.general': quantization('qonnx.custom_op.general'),
  'finn.custom_op.general': quantization('finn.custom_op.general'),
  finn: quantization('finn'),
  'onnx.brevitas': quantization('onnx.brevitas'),
  'org.openvinotoolkit': openvino,
}

const alone = 'nothing else computes it, so that the interpreter would be compared with itself; see test/frontend'
const finn = { MaxPoolNHWC: alone, XnorPopcountMatMul: alone }
const again = 'the importer of the domain without a name, which has a rule'

/** Importers without a rule, and why. */
export const exclusions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    DynamicQuantizeLinear: 'its scale depends on its input, and values next to a half may round either way',
    QLinearConv: 'it rounds inside, where onnxruntime does it in integers; see test/frontend',
    QLinearMatMul: 'it rounds inside, where onnxruntime does it in integers; see test/frontend',
  },
  'qonnx.custom_op.general': finn,
  'finn.custom_op.general': finn,
  finn,
  'qonnx.custom_op.channels_last': { AveragePool: alone, BatchNormalization: alone, Conv: alone, MaxPool: alone },
  'com.microsoft': { DequantizeLinear: again, DynamicQuantizeLinear: again, QuantizeLinear: again },
}
