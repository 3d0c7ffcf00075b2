import { CompileError } from '../../../ir/diagnostic.ts'
import { diagnostics } from '../../../ir/diagnostics.ts'
import type { Element, Port } from '../../../plan/plan.ts'
import { jsString, optionLines } from '../../print/foreign-text.ts'
import { render } from '../../print/template.ts'
import { runParameters } from '../header.ts'
import { headText, wrapped } from '../signature.ts'
import type { PrintPackage } from './index.ts'

/** Words that Python takes for no name of a module. */
const KEYWORDS =
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'

const dtypes: Readonly<Record<Element, string>> = {
  f32: 'float32',
  i32: 'int32',
  u32: 'uint32',
  u8: 'uint8',
  i8: 'int8',
  i64: 'int64',
}

/** NAME.py, which calls the C through ctypes, a loop over samples in C, and what `pip install .` needs. */
export const python: PrintPackage = (plan, { version, commandLine }, workspaceBytes) => {
  const { name, inputs, outputs } = plan
  if (KEYWORDS.split(' ').includes(name))
    throw new CompileError(diagnostics.invalidOption('--package python', `Python cannot import the name '${name}'`))
  const named = { name, version }
  const parameters = runParameters(plan)
  const arguments_ = parameters.map(([, parameter]) => parameter)
  return [
    {
      path: `${name}.py`,
      content: render('python/module.py', {
        ...named,
        options: optionLines(commandLine),
        inputs: inputs.map(portContext),
        outputs: outputs.map(portContext),
        workspaceBytes,
      }),
    },
    {
      path: `_${name}.c`,
      content: render('python/samples.c', {
        ...named,
        head: headText('long long', `${name}_run_samples`, [['long long ', '_samples'], ...parameters]),
        call: wrapped(`${name}_run(`, arguments_, ')', '    ').trimStart(),
        ports: [...inputs, ...outputs].map(({ buffer }) => ({ name: buffer.name, length: buffer.length })),
      }),
    },
    { path: 'setup.py', content: render('python/setup.py', named) },
    { path: 'pyproject.toml', content: render('python/pyproject.toml', {}) },
  ]
}

/** Packed bits are words: the last axis has as many as a row needs. */
function portContext({ name, shape, dtype, buffer }: Port) {
  const outer = shape.slice(0, -1)
  const rows = outer.reduce((product, size) => product * size, 1)
  const sizes = dtype === 'bit' ? [...outer, buffer.length / rows] : shape
  const text = sizes.join(', ')
  return { literal: jsString(name, "'"), dtype: dtypes[buffer.element], shape: sizes.length === 1 ? `${text},` : text }
}
