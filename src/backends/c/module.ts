import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { ALIGNMENT } from '../../plan/arena.ts'
import type { Buffer, Plan } from '../../plan/plan.ts'
import type { PrintOptions, SourceFile } from '../backend.ts'
import { cLiteral, wrapLiterals } from '../print/literals.ts'
import { render, renderTemplated, type Templated } from '../print/template.ts'
import { type ConstantsFile, makeConstantsFile, paddedBytes } from './constants/file.ts'
import { type Constant, constantBytes, typeOfData } from './constants/index.ts'
import { foldLines } from './fold.ts'
import { headerContext, runParameters } from './header.ts'
import { architectures } from './isa/architecture.ts'
import { conditionOf, constantOf, type InstructionSet, targetOf } from './isa/index.ts'
import { declare } from './layers/layer.ts'
import { comment, cType } from './names.ts'
import { printPackage } from './packages/index.ts'
import { zeroOutputs } from './run.ts'
import { headText, type Parameter, wrapped } from './signature.ts'
import { type Unit, workspaceBuffers } from './unit.ts'

/** Source of more constants is longer than a string may be, and more than compilers like. */
const MOST_INLINE_BYTES = 100e6

/** NAME.c and NAME.h, and NAME.bin where the constants are not in NAME.c. */
export function printModule(unit: Unit, options: PrintOptions): SourceFile[] {
  const { plan, scope } = unit
  const constants = scope.constants.all()
  const file = scope.constants.place === 'file' ? makeConstantsFile(constants) : undefined
  const bytes = constants.reduce((sum, constant) => sum + constantBytes(constant), 0)
  if (!file && bytes > MOST_INLINE_BYTES)
    throw new CompileError(diagnostics.constantsTooLarge(bytes, MOST_INLINE_BYTES))
  const { head, header } = headerContext(plan, options, {
    workspaceBytes: workspaceBytes(plan),
    constantsBytes: file?.bytes.length ?? 0,
  })
  const contract = options.fpContract !== 'off'
  const code = render('c/module.c', {
    ...head,
    isaText: isaText(unit.sets),
    contract,
    upper: header.upper,
    functions: unit.module.functions().map(fn => foldLines(renderTemplated(fn))),
    constants: file ? [] : constants.map(arrayContext),
    members: file ? constants.map(memberContext) : [],
    identity: file?.identity ?? '',
    zeroed: zeroOutputs(plan),
    layers: printLayers(unit),
    ...runContext(unit, file, options.trace ?? false),
    buffers: workspaceBuffers(unit).map(buffer => ({
      type: cType[buffer.element],
      name: buffer.name,
      offset: offsetOf(buffer),
    })),
    steps: unit.steps,
  })
  return [
    { path: `${plan.name}.c`, content: code },
    { path: `${plan.name}.h`, content: render('c/module.h', header) },
    ...(file ? [{ path: `${plan.name}.bin`, content: file.bytes }] : []),
    ...printPackage(plan, options, workspaceBytes(plan)),
  ]
}

/** The enum has all sets, the worst first; the others but the portable one are declared where they can exist. */
const isaText = (sets: readonly InstructionSet[]): string =>
  render('c/functions/isa.c', {
    constants: sets.map(constantOf).reverse().join(', '),
    architectures: architectures.flatMap(architecture => {
      const own = sets.filter(set => set.architecture === architecture)
      const { condition, header, attributesOf } = architecture
      const declared = own.map(set => ({ target: targetOf(set), attributes: attributesOf(set.features) }))
      return own.length > 0 ? [{ condition, header, sets: declared }] : []
    }),
  })

/** The functions behind the public one: the layers in order, and the same once for every instruction set. */
function runContext({ plan, sets, takesIsa, used, scope }: Unit, file: ConstantsFile | undefined, trace: boolean) {
  const name = `${plan.name}_run_layers`
  const ports = [...plan.inputs, ...plan.outputs].map(({ buffer }) => buffer)
  const isUsed = (parameter: string): boolean =>
    parameter === 'constants'
      ? scope.constants.all().length > 0
      : [...used].some(buffer => (buffer.place.kind === 'workspace' ? 'workspace' : buffer.name) === parameter)
  const traceParameters: Parameter[] = trace
    ? [
        [`${plan.name}_tracer `, 'tracer'],
        ['void *', 'tracer_context'],
      ]
    : []
  // Behind the public function the constants have a type.
  const type = file && `struct ${plan.name}_constants`
  const inner = [...runParameters(plan, type).filter(([, parameter]) => isUsed(parameter)), ...traceParameters]
  const innerNames = inner.map(([, parameter]) => parameter)
  const publicNames = innerNames.map(each => (each === 'constants' ? `(const ${type} *)constants` : each))
  const isa: Parameter[] = takesIsa ? [['enum isa ', 'isa']] : []
  const constantFor = (set: InstructionSet): string[] => (takesIsa ? [constantOf(set)] : [])
  const call = (callee: string, args: readonly string[], margin: string): string =>
    wrapped(`return ${callee}(`, args, ');', margin)
  return {
    runHead: headText('int', `${plan.name}_run${trace ? '_traced' : ''}`, [
      ...runParameters(plan, file && 'void'),
      ...traceParameters,
    ]),
    layersHead: headText(sets.length > 0 ? 'static INLINE int' : 'static int', name, [...isa, ...inner]),
    variants: sets.slice(0, -1).map(set => ({
      target: targetOf(set),
      condition: conditionOf(set, 4),
      head: headText(`${targetOf(set)} static int`, `${plan.name}_run_${set.isa}`, inner),
      layersCall: call(name, [...constantFor(set), ...innerNames], '  '),
      call: call(`${plan.name}_run_${set.isa}`, publicNames, '    '),
    })),
    layersCall: call(name, [...sets.slice(-1).flatMap(constantFor), ...publicNames], '  '),
    tracedCall: call(
      `${plan.name}_run_traced`,
      [...runParameters(plan, file && 'void').map(([, each]) => each), '0', '0'],
      '  ',
    ),
    unused: [...ports.map(({ name }) => name), 'workspace'].filter(
      each =>
        !innerNames.includes(each) && !(file && ports.slice(plan.inputs.length).some(({ name }) => name === each)),
    ),
  }
}

const printLayers = ({ plan, scope, calls }: Unit): string[] =>
  calls.map(({ call, made: { layer, reads, takesIsa } }) => {
    const inFile = reads.size > 0 && scope.constants.place === 'file'
    const parameters: Parameter[] = [
      ...(inFile ? ([[`const struct ${plan.name}_constants *`, 'constants']] as const) : []),
      ...layer.parameters.map(declare),
      ...(layer.byRows ? rows : []),
      ...(takesIsa ? ([['enum isa ', 'isa']] as const) : []),
    ]
    const headOf = (name: string, own: readonly Parameter[]) =>
      headText(`static INLINE ${layer.returns ?? 'void'}`, name, own)
    const text = ({ template, context }: Templated, head: string) =>
      foldLines(renderTemplated({ template, context: { ...context, head } }))
    const { tables } = layer
    const before = tables
      ? `#if TABLES\n${text(tables, headOf(tables.name, parameters.slice(0, takesIsa ? -1 : undefined)))}#endif\n\n`
      : ''
    return before + text(layer, headOf(`${plan.name}_${call.name}`, parameters))
  })

const rows: readonly Parameter[] = [
  ['int ', 'first_row'],
  ['int ', 'end_row'],
]

const titleOf = ({ buffer, layout }: Constant): string => `${buffer.name}${layout ? ` as ${layout}` : ''}`

const arrayContext = (constant: Constant) => ({
  comment: comment([titleOf(constant)]),
  type: typeOfData(constant.data),
  symbol: constant.symbol,
  length: constant.data.length,
  literals: wrapLiterals(constant.data, cLiteral(constant.data), '  '),
})

function memberContext(constant: Constant) {
  const { name, data } = constant
  const length = paddedBytes(constant) / data.BYTES_PER_ELEMENT
  const padded = length > data.length ? `, ${data.length} values and zeros` : ''
  return {
    comment: comment([`${titleOf(constant)}${padded}`]).replaceAll('\n', '\n  '),
    type: typeOfData(constant.data),
    name,
    length,
  }
}

const offsetOf = ({ place }: Buffer): number => (place.kind === 'workspace' ? place.offset : 0)

/** The caller's memory is aligned to 8 bytes only, so up to 56 bytes are skipped. */
export const workspaceBytes = (plan: Plan): number =>
  plan.workspaceBytes === 0 ? 8 : plan.workspaceBytes + ALIGNMENT - 8
