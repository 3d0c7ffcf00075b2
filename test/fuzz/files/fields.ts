/** What a field of the format holds: a message by its name, or one of these. */
export type Content = MessageName | 'integer' | 'float' | 'text' | 'bytes' | 'integers' | 'floats' | 'doubles'

export type MessageName = keyof typeof messages | 'unknown'

/** The fields of onnx.proto that files of networks have, by number. */
const messages = {
  Model: {
    1: 'integer',
    2: 'text',
    3: 'text',
    4: 'text',
    5: 'integer',
    7: 'Graph',
    8: 'OperatorSet',
    14: 'Entry',
    25: 'Function',
  },
  OperatorSet: { 1: 'text', 2: 'integer' },
  Entry: { 1: 'text', 2: 'text' },
  Graph: { 1: 'Node', 2: 'text', 5: 'Tensor', 11: 'ValueInfo', 12: 'ValueInfo', 13: 'ValueInfo' },
  Node: { 1: 'text', 2: 'text', 3: 'text', 4: 'text', 5: 'Attribute', 7: 'text' },
  Attribute: {
    1: 'text',
    2: 'float',
    3: 'integer',
    4: 'bytes',
    5: 'Tensor',
    6: 'Graph',
    7: 'floats',
    8: 'integers',
    9: 'bytes',
    20: 'integer',
    21: 'text',
  },
  Tensor: {
    1: 'integers',
    2: 'integer',
    4: 'floats',
    5: 'integers',
    7: 'integers',
    8: 'text',
    9: 'bytes',
    10: 'doubles',
    11: 'integers',
    13: 'Entry',
    14: 'integer',
  },
  ValueInfo: { 1: 'text', 2: 'Type' },
  Type: { 1: 'TensorType' },
  TensorType: { 1: 'integer', 2: 'Shape' },
  Shape: { 1: 'Dimension' },
  Dimension: { 1: 'integer', 2: 'text' },
  Function: { 1: 'text', 4: 'text', 5: 'text', 6: 'text', 7: 'Node', 9: 'OperatorSet', 10: 'text' },
} as const

const table: Readonly<Record<string, Readonly<Record<number, string>>>> = messages

/** What field `number` of a message holds; nothing is known of most. */
export const contentOf = (message: MessageName, number: number): Content | undefined =>
  table[message]?.[number] as Content | undefined

export const isMessage = (content: Content | undefined): content is keyof typeof messages =>
  content !== undefined && Object.hasOwn(messages, content)
