#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { targets } from '../backends/registry.ts'
import { flagOf, type OptionName, specOf, type Value } from '../options.ts'
import { version } from '../version.ts'
import { fail } from './fail.ts'
import {
  axisSizes,
  byteCount,
  indexList,
  isaList,
  layerList,
  numberList,
  positiveInteger,
  positiveNumber,
  sizeList,
  wholeNumber,
} from './option-values.ts'
import { styled } from './terminal.ts'

/** Exit status: 0 done; 1 the model cannot be compiled; 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  let outcome = 0
  const program = new Command('xnorc')
    .description('Compiles binarized ONNX networks to standalone code that runs on real bits.')
    .version(version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, styleTitle: text => styled('bold', text, process.stdout) })
  addCompile(program)
  addInspect(program)
  addVerify(program, status => {
    outcome = status
  })
  addEval(program)
  addBench(program)
  addReport(program)
  addSize(program)
  for (const command of program.commands) command.exitOverride()
  try {
    await program.parseAsync(args, { from: 'user' })
    return outcome
  } catch (error) {
    // Commander has printed its message already.
    if (error instanceof CommanderError) return error.exitCode === 0 || error.code === 'commander.help' ? 0 : 2
    return fail(error)
  }
}

function addCompile(program: Command): void {
  const command = program
    .command('compile')
    .helpGroup('Generate:')
    .description('translate a model into source files')
    .argument('<model.onnx>')
    .option('--target <list>', `${targets.join(', ')}; several separated by commas`)
    .hook('preAction', requireOption('--target <list>'))
    .option('--out <dir>', 'folder for the files; made if missing', '.')
  withModelOptions(command)
    .optionsGroup('Generated code:')
    .addOption(optionOf('isa'))
    .addOption(optionOf('constants'))
    .addOption(optionOf('fpContract'))
    .addOption(optionOf('trace'))
    .addOption(new Option('--emit <what>', 'wasm: also the readable text of the module').choices(['wat']))
    .addOption(optionOf('inline'))
    .addOption(optionOf('labels'))
    .optionsGroup('For build systems and programs:')
    .option('--depfile <file>', 'write a Make/Ninja dependency file')
  withBudget(command, 'without code and stack')
    .option('--json', 'print the summary as JSON on stdout')
    .action(async (model, options) => (await import('./compile.ts')).runCompile(model, options))
}

function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .helpGroup('Look inside:')
    .description('show the layers: what becomes bits, what stays float, and why')
    .argument('<model.onnx>')
  withModelOptions(command)
    .optionsGroup('For programs:')
    .option('--json', 'print the layers as JSON')
    .action(async (model, options) => (await import('./inspect.ts')).runInspect(model, options))
}

function addVerify(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('verify')
    .helpGroup('Check and measure:')
    .description('build and run the generated code; compare every layer with the interpreter, outputs with the model')
    .argument('<model.onnx>')
    .option('--target <list>', 'c, wasm, wgsl; several separated by commas', 'c')
    .option('--samples <n>', 'how many random inputs, beside zeros, ties and extremes', positiveInteger, 2)
    .option('--seed <n>', 'of the inputs', wholeNumber, 1)
    .option('--input <file>', 'run on these inputs instead: a .npy file, or a .npz file with an array per input')
    .option('--tolerance <x>', "of floats, relative to the layer's largest value", positiveNumber, 1e-5)
    .addOption(optionOf('constants'))
  withModelOptions(command)
    .optionsGroup('For programs:')
    .option('--json', 'print the comparison as JSON')
    .action(async (model, options) => finish(await (await import('./verify.ts')).runVerify(model, options)))
}

function addEval(program: Command): void {
  const command = program
    .command('eval')
    .helpGroup('Check and measure:')
    .description('accuracy and loss of the generated C over a data set')
    .argument('<model.onnx>')
    .option(
      '--data <path>',
      '.npz file: y (the class of every sample) and x, or an array by the name of every input; or IDX or CIFAR files, or a folder of pictures per class',
    )
    .hook('preAction', requireOption('--data <path>'))
    .addOption(optionOf('constants'))
  withModelOptions(command)
    .optionsGroup('For programs:')
    .option('--json', 'print the result as JSON')
    .action(async (model, options) => (await import('./eval.ts')).runEval(model, options))
}

function addBench(program: Command): void {
  const command = program
    .command('bench')
    .helpGroup('Check and measure:')
    .description('time the generated code in turns with onnxruntime, and every layer alone')
    .argument('<model.onnx>')
    .option('--target <name>', targets.join(', '), 'c')
    .option('--milliseconds <n>', 'how long to measure; per part', positiveInteger, 4000)
    .addOption(optionOf('isa'))
    .addOption(optionOf('constants'))
    .option('--chromium <path>', 'wgsl: the browser (default: /usr/bin/chromium)')
    .option('--batch-sizes <list>', 'wgsl: samples per run, separated by commas (default: 1,8)', sizeList)
  withModelOptions(command)
    .optionsGroup('For programs:')
    .option('--json', 'print the times as JSON')
    .action(async (model, options) => (await import('./bench.ts')).runBench(model, options))
}

function addReport(program: Command): void {
  const command = program
    .command('report')
    .helpGroup('Look inside:')
    .description('a page that shows the network from the inside, and a JSON file with every figure on it')
    .argument('<model.onnx>')
    .option(
      '-o, --out <file.html>',
      'the page; the figures go to a file of the same name that ends in .json',
      'report.html',
    )
    .option('--data <path>', 'a data set, as eval takes it; seeded values without it')
    .option('--float <twin.onnx>', 'the float twin, to compare accuracies with; needs --data')
    .option('--sample <list>', 'which samples to follow through the network, from 0', indexList, [0, 1, 2])
    .option('--labels <file>', 'names of the classes, a line each')
    .option('--words <file>', 'of a text network: the word of every number, a line each')
    .option('--no-time', 'do not measure how long every step takes')
    .option('--log <file>', 'training curves: lines of JSON, as train.py --log writes them')
  withModelOptions(command).action(async (model, options) => (await import('./report.ts')).runReport(model, options))
}

function addSize(program: Command): void {
  const command = program
    .command('size')
    .helpGroup('Check and measure:')
    .description('flash and RAM of the generated C as a compiler makes it, in total and layer by layer')
    .argument('<model.onnx>')
    .option('--cc <command>', "of the compiler, with its flags: 'arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os'")
    .hook('preAction', requireOption('--cc <command>'))
    .addOption(optionOf('isa'))
    .addOption(optionOf('constants'))
    .addOption(optionOf('fpContract'))
  withBudget(withModelOptions(command).optionsGroup('For programs:'), 'with code and stack')
    .option('--json', 'print the sizes as JSON')
    .action(async (model, options) => (await import('./size.ts')).runSize(model, options))
}

const withBudget = (command: Command, what: string): Command =>
  command
    .option('--max-flash <n>', `exit 1 where constants take more bytes, ${what} (64k, 1M)`, byteCount)
    .option('--max-ram <n>', `exit 1 where workspace, inputs and outputs take more bytes, ${what}`, byteCount)

/** Checks an option before a command runs: the parser's own way would name what is missing before what is unknown. */
const requireOption =
  (flags: string) =>
  (command: Command): void => {
    const option = new Option(flags)
    if (command.getOptionValue(option.attributeName()) === undefined)
      command.error(`error: required option '${flags}' not specified`, {
        code: 'commander.missingMandatoryOptionValue',
      })
  }

/** What every command that compiles a model takes, from the table of options. */
const modelOptions: Readonly<Record<string, readonly OptionName[]>> = {
  'What the network becomes': ['name', 'weights', 'binarize', 'scale', 'signZero', 'firstLayer'],
  'Inputs and sizes': ['inputType', 'mean', 'std', 'inputLayout', 'batch', 'sizes'],
}

const withModelOptions = (command: Command): Command => {
  for (const [group, names] of Object.entries(modelOptions)) {
    command.optionsGroup(`${group}:`)
    for (const name of names) command.addOption(optionOf(name))
  }
  return command
    .optionsGroup('Looking into the compiler:')
    .addOption(optionOf('rewriteLimit'))
    .option('--dump-ir <dir>', 'write the graph after every pass that changed it')
    .option('--print-after <pass>', 'print the graph after this pass, to stderr')
    .option('--timing', 'print the time that every pass took, to stderr')
}

/** An option of the table, as the command line parser wants it. */
function optionOf(name: OptionName): Option {
  const spec = specOf(name)
  const target = spec.targets ? `${spec.targets}: ` : ''
  const option = new Option(flagOf(name), `${target}${spec.help}`)
  if (spec.value.kind === 'choice') option.choices(spec.value.of)
  const parse = parsers[spec.value.kind]
  if (parse) option.argParser(parse)
  return spec.default === undefined ? option : option.default(spec.default)
}

const parsers: Partial<Record<Value['kind'], (text: string) => unknown>> = {
  count: positiveInteger,
  numbers: numberList,
  layers: layerList,
  sizes: axisSizes,
  list: isaList,
}

process.exitCode = await main(process.argv.slice(2))
