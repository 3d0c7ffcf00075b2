#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { targets } from '../backends/registry.ts'
import { machineNames } from '../run/machines.ts'
import { version } from '../version.ts'
import { optionOf, requireOption, withBudget, withModelOptions } from './command-options.ts'
import { applyConfig, modelsOfConfig } from './config.ts'
import { fail, UsageError } from './fail.ts'
import { indexList, machineList, positiveInteger, positiveNumber, sizeList, wholeNumber } from './option-values.ts'
import { styled } from './terminal.ts'

/** Exit status: 0 done; 1 the model cannot be compiled; 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  let outcome = 0
  const program = new Command('xnorc')
    .description('Compiles binarized ONNX networks to standalone code that runs on real bits.')
    .version(version)
    .exitOverride()
    .hook('preAction', (_, command) => applyConfig(command))
    .configureHelp({ showGlobalOptions: true, styleTitle: text => styled('bold', text, process.stdout) })
  addCompile(program, args, status => {
    outcome = status
  })
  addInspect(program)
  addVerify(program, status => {
    outcome = status
  })
  addEval(program)
  addBench(program)
  addReport(program)
  addSize(program)
  addDoctor(program)
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

function addCompile(program: Command, args: readonly string[], finish: (status: number) => void): void {
  const command = program
    .command('compile')
    .helpGroup('Generate:')
    .description('translate a model into source files')
    .argument('[model.onnx]', 'by default all that xnorc.config.json names')
    .option('--target <list>', `${targets.join(', ')}; several separated by commas`)
    .hook('preAction', requireOption('--target <list>'))
    .option('--out <dir>', 'folder for the files; made if missing', '.')
  withModelOptions(command)
    .optionsGroup('Generated code:')
    .addOption(optionOf('isa'))
    .addOption(optionOf('constants'))
    .addOption(optionOf('fpContract'))
    .addOption(optionOf('package'))
    .addOption(optionOf('trace'))
    .addOption(new Option('--emit <what>', 'wasm: also the readable text of the module').choices(['wat']))
    .addOption(optionOf('relaxedSimd'))
    .addOption(optionOf('inline'))
    .addOption(optionOf('labels'))
    .optionsGroup('For build systems and programs:')
    .option('--depfile <file>', 'write a Make/Ninja dependency file')
  withBudget(command, 'without code and stack')
    .option('--watch', 'again whenever the model or a file that it names changes')
    .option('--json', 'print the summary as JSON on stdout')
    .action(async (model, options) => {
      const { runCompile, watchCompile } = await import('./compile.ts')
      if (model !== undefined) return options.watch ? watchCompile(model, options) : runCompile(model, options)
      if (options.watch || options.depfile || options.json)
        throw new UsageError('--watch, --depfile and --json are for one model: name it')
      const statuses: number[] = []
      for (const each of await modelsOfConfig()) statuses.push(await main(['compile', each, ...args.slice(1)]))
      finish(Math.max(...statuses))
    })
}

function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .helpGroup('Look inside:')
    .description('show the layers: what becomes bits, what stays float, and why')
    .argument('<model.onnx>')
    .addOption(new Option('--target <what>', 'whose layers').choices(targets).default('c'))
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
    .addOption(optionOf('relaxedSimd'))
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
    .addOption(optionOf('relaxedSimd'))
    .option('--emulate [list]', `c: instructions by qemu instead of times, on ${machineNames.join(', ')}`, machineList)
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
    .addOption(
      new Option('--run <emulator>', 'also count instructions on an emulated board, found by -mcpu').choices(['qemu']),
    )
    .addOption(optionOf('isa'))
    .addOption(optionOf('constants'))
    .addOption(optionOf('fpContract'))
  withBudget(withModelOptions(command).optionsGroup('For programs:'), 'with code and stack')
    .option('--json', 'print the sizes as JSON')
    .action(async (model, options) => (await import('./size.ts')).runSize(model, options))
}

function addDoctor(program: Command): void {
  program
    .command('doctor')
    .helpGroup('Look inside:')
    .description('what of all that the commands can use is installed here, and what it is for')
    .option('--json', 'print it as JSON')
    .action(async options => (await import('./doctor.ts')).runDoctor(options))
}

process.exitCode = await main(process.argv.slice(2))
