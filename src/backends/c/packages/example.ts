import type { Element, Plan, Port } from '../../../plan/plan.ts'
import { jsString } from '../../print/foreign-text.ts'
import { cLiteral, wrapLiterals } from '../../print/literals.ts'
import { render } from '../../print/template.ts'
import { describePort } from '../header.ts'
import { cType } from '../names.ts'
import { wrapped } from '../signature.ts'

/** Names of the example's own, which no port of a model has. */
const variable = ({ buffer }: Port): string => `example_${buffer.name}`

/** What an example that runs a network once is made of, as main.c and as a sketch. */
export function exampleContext(plan: Plan) {
  const { name, inputs, outputs } = plan
  const args = [...[...inputs, ...outputs].map(variable), 'workspace']
  return {
    name,
    upper: name.toUpperCase(),
    outputs: outputs.map(port => ({
      type: cType[port.buffer.element],
      variable: variable(port),
      largest: `largest_${port.buffer.name}`,
      length: port.buffer.length,
      loop: port.buffer.length > 1,
      title: jsString(port.name, '"'),
    })),
    call: wrapped(`${name}_run(`, args, ')', '      ').trimStart(),
  }
}

/** main.c; ESP-IDF calls it otherwise, and takes no status. */
export const exampleMain = (plan: Plan, main: 'int main(void)' | 'void app_main(void)'): string =>
  render('packages/example.c', { ...exampleContext(plan), main, status: main.startsWith('int') })

/** Values for every input: floats from -2 to 2, bytes, and 0 where there are indices or packed bits. */
export const exampleInput = ({ name, inputs }: Plan): string =>
  render('packages/example_input.h', {
    name,
    inputs: inputs.map(port => ({
      description: describePort(port),
      type: cType[port.buffer.element],
      variable: variable(port),
      length: port.buffer.length,
      literals: literalsOf(port.buffer.element, port.buffer.length),
    })),
  })

/** As C prints them. */
const literalsOf = (element: Element, length: number): string => {
  if (element === 'f32') return literals(Float32Array.from({ length }, (_, i) => (((i * 37) % 65) - 32) / 16))
  const span = { u8: 256, i8: 127 }[element as string] ?? 1
  return literals(Int32Array.from({ length }, (_, i) => (i * 37) % span))
}

const literals = (values: Float32Array | Int32Array): string => wrapLiterals(values, cLiteral(values), '  ')
