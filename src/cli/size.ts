import { type Count, openCounting } from '../bench/count.ts'
import { printTarget } from '../compile.ts'
import { type Prepared, prepare } from '../prepare.ts'
import { type Board, boardFor, KERNEL, linkArguments } from '../run/boards.ts'
import { measureSize, type Size } from '../run/size.ts'
import { type Budget, checkBudget } from './budget.ts'
import { printJson } from './json.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { showBytes } from './show.ts'
import { showTable } from './table.ts'
import { printWarnings } from './terminal.ts'

interface Options extends ModelOptions, Budget {
  readonly cc: string
  readonly run?: 'qemu'
}

/** `xnorc size`: flash and RAM of the generated C as a compiler makes it, in total and by layer. */
export async function runSize(path: string, options: Options): Promise<void> {
  const board = options.run && boardFor(options.cc)
  const model = await readModelFile(path)
  const shared = { ...(await compileOptions(path, options)), target: 'c' } as const
  const prepared = await prepare(model, shared)
  const { plan, files } = await printTarget(prepared, shared)
  printWarnings(prepared.warnings)
  const size = await measureSize(files, plan, options.cc)
  const run = board && (await countOnBoard(prepared, shared, options.cc, board))
  if (options.json) printJson('size', { name: plan.name, ...size, ...(run ? { run } : {}) })
  else console.log(describe(size, run))
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

export interface BoardCount extends Count {
  readonly emulator: string
}

/** What one run executes on an emulated board. */
async function countOnBoard(
  prepared: Prepared,
  options: Parameters<typeof openCounting>[1],
  compiler: string,
  board: Board,
): Promise<BoardCount> {
  const { emulator } = board
  const counting = await openCounting(prepared, options)
  try {
    const count = await counting.count({ compiler, args: linkArguments(board, compiler), emulator, before: KERNEL })
    return { emulator: emulator.join(' '), ...count }
  } finally {
    await counting.dispose()
  }
}

const titleOf = ({ origin, name }: Size['layers'][number]): string => origin.join('+') || name

/** How many places of a layer compute floats in a library. */
const softFloatOf = ({ softFloat }: Size['layers'][number]): number =>
  Object.values(softFloat).reduce((sum, places) => sum + places, 0)

function describe({ compiler, flash, ram, layers, sharedCode, calls }: Size, run: BoardCount | undefined): string {
  const counts = new Map(run?.steps.map(({ layers: [first], instructions }) => [first!, instructions]))
  const isSoft = layers.some(layer => softFloatOf(layer) > 0)
  const rows = layers.map(layer => [
    layer.name,
    titleOf(layer),
    ...[layer.code, layer.constants, layer.stack, layer.workspace].map(String),
    ...(isSoft ? [`${softFloatOf(layer)}`] : []),
    ...(run ? [counts.get(layer.name)?.toLocaleString('en') ?? ''] : []),
  ])
  const heads = [
    ...['function', 'ONNX', 'code', 'constants', 'stack', 'workspace'],
    ...(isSoft ? ['soft float'] : []),
    ...(run ? ['instructions'] : []),
  ]
  return [
    showTable(heads, rows, [2, 3, 4, 5, 6, 7]),
    `inner loops that layers share: ${sharedCode} bytes of code (each layer and loop as a function of its own)`,
    ...(isSoft ? ['soft float: places that call a library for want of an FPU, inner loops included'] : []),
    ...(run ? ['layers without instructions of their own run in turns with the one above, row by row'] : []),
    '',
    `flash  ${showBytes(flash.total)}: code ${flash.code}, constants ${flash.constants} bytes`,
    `RAM    ${showBytes(ram.total)}: workspace ${ram.workspace}, inputs ${ram.inputs}, outputs ${ram.outputs}, stack at most ${ram.stack} bytes`,
    `by     ${compiler}`,
    ...(run
      ? [`run    ${run.instructions.toLocaleString('en')} instructions, which are not cycles, by ${run.emulator}`]
      : []),
    `calls  ${calls.join(', ') || 'nothing'}: of the libraries, whose code and stack are not counted`,
  ].join('\n')
}
