import { parseExpr } from './expr.ts'
import type { Graph } from './graph.ts'
import { infer } from './infer.ts'
import { create, input, mustBeSame, type Node, type OpName } from './node.ts'
import type { Ops } from './ops.ts'
import { allocate, type DType, elements, type TensorType } from './tensor.ts'

const LINE = /^ {2}(%\d+) = (\w+)\(([^)]*)\)(.*) : (\w+)\[([\d,]*)\] # (.*)$/

/** Reads the text form that `print` writes. Throws an Error that quotes the first line it cannot read. */
export function parse(text: string): Graph {
  const nodes = new Map<string, Node>()
  const inputs: Node<'input'>[] = []
  let name = ''
  let outputs: Graph['outputs'] = []
  const find = (id: string): Node => {
    const node = nodes.get(id.trim())
    if (!node) throw new Error(`unknown value ${id.trim()}`)
    return node
  }
  for (const line of text.split('\n')) {
    if (line === '' || line === '}') continue
    if (line.startsWith('graph ')) name = JSON.parse(line.slice(6, -2))
    else if (line.startsWith('  return ')) {
      outputs = [...line.matchAll(/("(?:[^"\\]|\\.)*"): (%\d+)/g)].map(([, key, id]) => ({
        name: JSON.parse(key!) as string,
        node: find(id!),
      }))
    } else {
      const match = LINE.exec(line)
      if (!match) throw new Error(`cannot read: ${line}`)
      const [, id, op, operandText, attrText, dtype, shapeText, originText] = match as unknown as string[]
      const type = { dtype: dtype as DType, shape: shapeText ? shapeText.split(',').map(Number) : [] }
      const origin = originText!.split(' ').map(decodeURI)
      const operands = operandText ? operandText.split(',').map(find) : []
      const node = read(op as OpName, operands, attrText!, type, origin)
      mustBeSame(`cannot read: ${line}`, node.type, type)
      if (node.op === 'input') inputs.push(node)
      nodes.set(id!, node)
    }
  }
  return { name, inputs, outputs }
}

function read(op: OpName, operands: readonly Node[], text: string, type: TensorType, origin: readonly string[]): Node {
  if (op === 'constant')
    return create('constant', [], { value: { ...type, values: readValues(text.trim(), type) } }, origin)
  if (!Object.hasOwn(infer, op)) throw new Error(`unknown op ${op}`)
  const attrs = Object.fromEntries(
    text
      .split(/ (?=\w+=)/)
      .filter(part => part.trim() !== '')
      .map(part => {
        const [key, value] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]
        return [key, key === 'expr' || key === 'epilogue' ? parseExpr(value) : JSON.parse(value)]
      }),
  )
  if (op === 'input') return input(attrs.name, type)
  return create(op, operands as Ops[typeof op]['operands'], attrs as Ops[typeof op]['attrs'], origin)
}

function readValues(text: string, { dtype, shape }: TensorType) {
  const values = allocate(dtype, elements(shape))
  if (!text.startsWith('base64:')) {
    const numbers = text.slice(1, -1).split(',').map(Number)
    if (numbers.length !== values.length) throw new Error(`${numbers.length} values for [${shape}]`)
    numbers.forEach((value, i) => {
      values[i] = value
    })
    return values
  }
  const binary = atob(text.slice('base64:'.length))
  if (binary.length !== values.byteLength) throw new Error(`${binary.length} bytes for [${shape}]`)
  const bytes = new Uint8Array(values.buffer)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return values
}
