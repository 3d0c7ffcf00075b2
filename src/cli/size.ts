import { printTarget } from '../compile.ts'
import { prepare } from '../prepare.ts'
import { measureSize, type Size } from '../run/size.ts'
import { type Budget, checkBudget } from './budget.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { showBytes } from './show.ts'
import { showTable } from './table.ts'
import { printWarnings } from './terminal.ts'

interface Options extends ModelOptions, Budget {
  readonly cc: string
}

/** `xnorc size`: flash and RAM of the generated C as a compiler makes it, in total and by layer. */
export async function runSize(path: string, options: Options): Promise<void> {
  const model = await readModelFile(path)
  const shared = { ...(await compileOptions(path, options)), target: 'c' } as const
  const prepared = await prepare(model, shared)
  const { plan, files } = await printTarget(prepared, shared)
  printWarnings(prepared.warnings)
  const size = await measureSize(files, plan, options.cc)
  console.log(options.json ? JSON.stringify({ name: plan.name, ...size }, null, 2) : describe(size))
  checkBudget(options, {
    flash: {
      bytes: size.flash.total,
      parts: size.layers.map(layer => ({ name: titleOf(layer), bytes: layer.code + layer.constants })),
    },
    ram: {
      bytes: size.ram.total,
      parts: [
        ...size.layers.map(layer => ({ name: titleOf(layer), bytes: layer.workspace + layer.stack })),
        { name: 'inputs', bytes: size.ram.inputs },
      ],
    },
  })
}

const titleOf = ({ origin, name }: Size['layers'][number]): string => origin.join('+') || name

function describe({ compiler, flash, ram, layers, sharedCode, calls }: Size): string {
  const rows = layers.map(layer => [
    layer.name,
    titleOf(layer),
    ...[layer.code, layer.constants, layer.stack, layer.workspace].map(String),
  ])
  return [
    showTable(['function', 'ONNX', 'code', 'constants', 'stack', 'workspace'], rows, [2, 3, 4, 5]),
    `inner loops that layers share: ${sharedCode} bytes of code (each layer and loop as a function of its own)`,
    '',
    `flash  ${showBytes(flash.total)}: code ${flash.code}, constants ${flash.constants} bytes`,
    `RAM    ${showBytes(ram.total)}: workspace ${ram.workspace}, inputs ${ram.inputs}, outputs ${ram.outputs}, stack at most ${ram.stack} bytes`,
    `by     ${compiler}`,
    `calls  ${calls.join(', ') || 'nothing'}: of the libraries, whose code and stack are not counted`,
  ].join('\n')
}
