#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { constantPlaces } from '../backends/backend.ts'
import { targets } from '../backends/registry.ts'
import { version } from '../version.ts'
import { fail } from './fail.ts'
import {
  axisSizes,
  isaList,
  layerList,
  numberList,
  positiveInteger,
  positiveNumber,
  sizeList,
  wholeNumber,
} from './option-values.ts'

/** Exit status: 0 done; 1 the model cannot be compiled; 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  let outcome = 0
  const program = new Command('xnorc')
    .description('Compiles binarized ONNX networks to standalone code that runs on real bits.')
    .version(version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
  addCompile(program)
  addInspect(program)
  addVerify(program, status => {
    outcome = status
  })
  addEval(program)
  addBench(program)
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
    .description('translate a model into source files')
    .argument('<model.onnx>')
    .requiredOption('--target <list>', `${targets.join(', ')}; several separated by commas`)
    .option('--out <dir>', 'folder for the files; made if missing', '.')
  withModelOptions(command)
    .option('--isa <list>', ISA, isaList)
    .addOption(constantsOption())
    .option('--trace', "the generated code can report every layer's result")
    .addOption(new Option('--emit <what>', 'wasm: also the readable text of the module').choices(['wat']))
    .option('--inline', 'wasm: the module inside the .js file, in base64')
    .option('--depfile <file>', 'write a Make/Ninja dependency file')
    .option('--json', 'print the summary as JSON on stdout')
    .action(async (model, options) => (await import('./compile.ts')).runCompile(model, options))
}

function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description('show the layers: what becomes bits, what stays float, and why')
    .argument('<model.onnx>')
  withModelOptions(command)
    .option('--json', 'print the layers as JSON')
    .action(async (model, options) => (await import('./inspect.ts')).runInspect(model, options))
}

function addVerify(program: Command, finish: (status: number) => void): void {
  const command = program
    .command('verify')
    .description('build and run the generated code; compare every layer with the interpreter, outputs with the model')
    .argument('<model.onnx>')
    .option('--target <name>', 'what to generate', 'c')
    .option('--samples <n>', 'how many seeded inputs to run', positiveInteger, 2)
    .option('--seed <n>', 'of the inputs', wholeNumber, 1)
    .option('--input <file>', 'run on these inputs instead: a .npy file, or a .npz file with an array per input')
    .option('--tolerance <x>', "of floats, relative to the layer's largest value", positiveNumber, 1e-5)
    .addOption(constantsOption())
  withModelOptions(command)
    .option('--json', 'print the comparison as JSON')
    .action(async (model, options) => finish(await (await import('./verify.ts')).runVerify(model, options)))
}

function addEval(program: Command): void {
  const command = program
    .command('eval')
    .description('accuracy of the generated C over a data set')
    .argument('<model.onnx>')
    .requiredOption(
      '--data <file.npz>',
      'arrays y (the class of every sample) and x, or one by the name of every input',
    )
    .addOption(constantsOption())
  withModelOptions(command)
    .option('--json', 'print the result as JSON')
    .action(async (model, options) => (await import('./eval.ts')).runEval(model, options))
}

function addBench(program: Command): void {
  const command = program
    .command('bench')
    .description('time the generated code in turns with onnxruntime, and every layer alone')
    .argument('<model.onnx>')
    .option('--target <name>', targets.join(', '), 'c')
    .option('--milliseconds <n>', 'how long to measure; per part', positiveInteger, 4000)
    .option('--isa <list>', ISA, isaList)
    .addOption(constantsOption())
    .option('--chromium <path>', 'wgsl: the browser (default: /usr/bin/chromium)')
    .option('--batch-sizes <list>', 'wgsl: samples per run, separated by commas (default: 1,8)', sizeList)
  withModelOptions(command)
    .option('--json', 'print the times as JSON')
    .action(async (model, options) => (await import('./bench.ts')).runBench(model, options))
}

const ISA = 'c: instruction sets beside portable code, of sse4,avx2,avx512; none for portable code only (default: all)'

const constantsOption = (): Option =>
  new Option('--constants <where>', 'c: weights in the source, or in a file NAME.bin that the run function takes')
    .choices(constantPlaces)
    .default('inline')

/** Options of every command that compiles a model. */
const withModelOptions = (command: Command): Command =>
  command
    .option('--name <name>', 'prefix of files and symbols (default: the file name)')
    .addOption(
      new Option('--weights <mode>', 'what to make of binary layers whose weights are not ±alpha')
        .choices(['xnor', 'centered', 'exact'])
        .default('xnor'),
    )
    .option('--binarize <layers>', 'auto, all, or names of float layers to binarize by XNOR-Net', layerList, 'auto')
    .addOption(
      new Option('--scale <mode>', 'for layers binarized by --binarize')
        .choices(['alpha', 'alpha-k'])
        .default('alpha-k'),
    )
    .addOption(
      new Option('--sign-zero <mode>', 'where a sign can meet an exact 0: take it as +1 and warn, or refuse')
        .choices(['plus', 'error'])
        .default('plus'),
    )
    .addOption(new Option('--input-type <type>', 'type of float inputs in the generated code').choices(['f32', 'u8']))
    .option('--mean <list>', 'with --input-type u8: the model gets (x / 255 - mean) / std', numberList)
    .option('--std <list>', 'see --mean; one value, or one per channel', numberList)
    .addOption(
      new Option('--input-layout <layout>', 'layout of images in the generated code').choices(['nchw', 'nhwc']),
    )
    .addOption(
      new Option('--first-layer <arithmetic>', 'of layers that read bytes: as the model has it, or integer weights')
        .choices(['float', 'integer'])
        .default('float'),
    )
    .option(
      '--batch <n>',
      'samples of one run (default: as the file says, 1 where it leaves them open)',
      positiveInteger,
    )
    .option('--size <list>', 'sizes of open axes, by their names in the file: h=224,w=224', axisSizes)
    .option('--dump-ir <dir>', 'write the graph after every pass that changed it')
    .option('--print-after <pass>', 'print the graph after this pass, to stderr')
    .option('--rewrite-limit <n>', 'stop after so many rewrites, to bisect a wrong one', positiveInteger)
    .option('--timing', 'print the time that every pass took, to stderr')

process.exitCode = await main(process.argv.slice(2))
