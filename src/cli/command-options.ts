import { type Command, Option } from 'commander'
import { flagOf, type OptionName, specOf, type Value } from '../options.ts'
import { axisSizes, byteCount, isaList, layerList, numberList, positiveInteger } from './option-values.ts'

/** Limits of flash and RAM; `what` says what counts. */
export const withBudget = (command: Command, what: string): Command =>
  command
    .option('--max-flash <n>', `exit 1 where constants take more bytes, ${what} (64k, 1M)`, byteCount)
    .option('--max-ram <n>', `exit 1 where workspace, inputs and outputs take more bytes, ${what}`, byteCount)

/** Checks an option before a command runs: the parser's own way would name what is missing before what is unknown. */
export const requireOption =
  (flags: string) =>
  (command: Command): void => {
    const option = new Option(flags)
    // Without a model, the models of a configuration are compiled, each with its own options.
    if (command.args.length === 0) return
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

export const withModelOptions = (command: Command): Command => {
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
export function optionOf(name: OptionName): Option {
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
