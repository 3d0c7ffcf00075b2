import { constantPlaces, isas, packageKinds, vectorIsas } from './backends/backend.ts'
import { type Target, targets } from './backends/registry.ts'
import type { CompileOptions } from './compile-options.ts'

/** What an option takes. */
export type Value =
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  | { readonly kind: 'list'; readonly of: readonly string[] }
  /** A whole number above 0. */
  | { readonly kind: 'count' }
  | { readonly kind: 'numbers' | 'words' | 'layers' | 'sizes' | 'switch' | 'text' }
  /** For programs only, not for the command line. */
  | { readonly kind: 'function' }

export interface OptionSpec {
  readonly value: Value
  /** For help: what it decides. */
  readonly help: string
  readonly default?: string
  readonly required?: true
  /** The targets that know it; all if left out. */
  readonly targets?: readonly Target[]
  /** On the command line: its name where that is not the option's own, and what it takes. */
  readonly flag?: string
}

const choice = (...of: readonly string[]): Value => ({ kind: 'choice', of })

/** All options of `compile`. A new one does not compile without its entry. */
export const options = {
  target: { value: choice(...targets), help: 'what to generate', required: true },
  name: { value: { kind: 'text' }, help: 'prefix of files and symbols (default: the file name)', required: true },
  weights: {
    value: choice('xnor', 'centered', 'exact'),
    default: 'xnor',
    help: 'what to make of binary layers whose weights are not ±alpha',
  },
  binarize: {
    value: { kind: 'layers' },
    default: 'auto',
    help: 'auto, all, or names of float layers to binarize by XNOR-Net',
    flag: '--binarize <layers>',
  },
  scale: { value: choice('alpha', 'alpha-k'), default: 'alpha-k', help: 'for layers binarized by --binarize' },
  signZero: {
    value: choice('plus', 'error', 'exact'),
    default: 'plus',
    help: 'where a sign can meet an exact 0: take it as +1 and warn, refuse, or keep it as a third value',
  },
  inputType: { value: choice('f32', 'u8'), help: 'type of float inputs in the generated code' },
  mean: { value: { kind: 'numbers' }, help: 'with --input-type u8: the model gets (x / 255 - mean) / std' },
  std: { value: { kind: 'numbers' }, help: 'see --mean; one value, or one per channel' },
  inputLayout: {
    value: choice('nchw', 'nhwc', 'rgba'),
    help: 'layout of images in the generated code; rgba: bytes of a canvas, alpha is left out',
  },
  firstLayer: {
    value: choice('float', 'integer'),
    default: 'float',
    help: 'of layers that read bytes: as the model has it, or integer weights',
  },
  batch: {
    value: { kind: 'count' },
    help: 'samples of one run (default: as the file says, 1 where it leaves them open)',
  },
  sizes: {
    value: { kind: 'sizes' },
    help: 'sizes of open axes, by their names in the file: h=224,w=224',
    flag: '--size <list>',
  },
  rewriteLimit: { value: { kind: 'count' }, help: 'stop after so many rewrites, to bisect a wrong one' },
  isa: {
    value: { kind: 'list', of: isas },
    help: `instruction sets beside portable code, of ${vectorIsas.join(',')}; none for portable code only (default: all)`,
    targets: ['c'],
  },
  constants: {
    value: choice(...constantPlaces),
    default: 'inline',
    help: 'weights in the source, or in a file NAME.bin that the run function takes',
    targets: ['c'],
  },
  fpContract: {
    value: choice('on', 'off'),
    default: 'on',
    help: 'whether compilers may fuse a product and a sum; off: the same floats from every compiler and chip',
    targets: ['c'],
  },
  package: {
    value: choice(...packageKinds),
    help: 'also the files that make it a package',
    targets: ['c'],
    flag: '--package <kind>',
  },
  trace: { value: { kind: 'switch' }, help: "the generated code can report every layer's result" },
  wat: {
    value: { kind: 'switch' },
    help: 'also the readable text of the module',
    targets: ['wasm'],
    flag: '--emit wat',
  },
  relaxedSimd: {
    value: { kind: 'switch' },
    help: 'float layers in fused products and sums, whose rounding is up to the chip; needs Chrome 114, Firefox 146 or Node 22',
    targets: ['wasm'],
  },
  inline: {
    value: { kind: 'switch' },
    help: 'everything inside the .js file, for where no other file can be served',
    targets: ['wasm', 'wgsl'],
  },
  labels: {
    value: { kind: 'words' },
    help: 'a text file with the name of a class in each line, which the loader exports',
    targets: ['wasm', 'wgsl'],
    flag: '--labels <file>',
  },
  commandLine: { value: { kind: 'text' }, help: 'for the header comment, instead of the options that are given' },
  readExternal: { value: { kind: 'function' }, help: 'reads weights that are kept beside the model' },
  observe: { value: { kind: 'function' }, help: 'sees the graph after every pass that changed it' },
} as const satisfies { readonly [K in keyof Required<CompileOptions>]: OptionSpec }

export type OptionName = keyof typeof options

export const specOf = (name: OptionName): OptionSpec => options[name]

/** `--input-type <what>`: how an option is typed. */
export function flagOf(name: OptionName): string {
  const { flag, value } = specOf(name)
  if (flag) return flag
  const words = `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
  const takes = { count: ' <n>', numbers: ' <list>', list: ' <list>', text: ' <text>', switch: '' } as Record<
    string,
    string
  >
  return `${words}${takes[value.kind] ?? ' <what>'}`
}

/** The name under which the command line's parser hands over an option: that of its flag. */
export const keyOf = (name: OptionName): string =>
  flagOf(name)
    .replace(/ .*/, '')
    .slice(2)
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** `--constants file`: an option as a user types it. */
export function typed(name: OptionName, value: unknown): string {
  const [flag, takes] = flagOf(name).split(' ')
  if (!takes?.startsWith('<')) return flagOf(name)
  return `${flag} ${typedValue(specOf(name).value, value)}`
}

function typedValue({ kind }: Value, value: unknown): string {
  if (kind === 'sizes')
    return Object.entries(value as object)
      .map(([axis, size]) => `${axis}=${size}`)
      .join(',')
  // They come from a file, whose name is not known here.
  if (kind === 'words') return `(${(value as readonly string[]).length} words)`
  return Array.isArray(value) && value.length === 0 ? 'none' : `${value}`
}

/** What every file has, or what is no matter for generated code. */
const UNNAMED: readonly OptionName[] = ['target', 'name', 'commandLine', 'readExternal', 'observe', 'package']

/** Whether an option is given, and not as it would be anyway. */
export function hasEffect(given: object, name: OptionName): boolean {
  const value = (given as Readonly<Record<string, unknown>>)[name]
  return value !== undefined && value !== false && value !== specOf(name).default
}

/** The options that change generated code, as a user types them: what makes the same code again. */
export const commandLineOf = (given: CompileOptions): string =>
  (Object.keys(options) as OptionName[])
    .filter(name => !UNNAMED.includes(name) && hasEffect(given, name))
    .map(name => typed(name, given[name]))
    .join(' ')
