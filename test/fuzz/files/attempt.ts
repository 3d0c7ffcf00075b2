import { type CompileOptions, type CompileResult, compile } from '../../../src/compile.ts'
import type { ReadExternal } from '../../../src/frontend/index.ts'
import { CompileError, type Diagnostic, showDiagnostic } from '../../../src/ir/diagnostic.ts'
import type { Fault } from '../verdict.ts'

/** Options that reach other parts of the compiler; none of them is mostly the case. */
const variants: readonly Partial<CompileOptions>[] = [
  ...new Array<Partial<CompileOptions>>(8).fill({}),
  { firstLayer: 'integer', inputType: 'u8' },
  { binarize: 'all' },
  { weights: 'centered', trace: true },
  { inputType: 'u8', mean: [0.5], std: [0.25], inputLayout: 'nhwc' },
  { signZero: 'error' },
  { weights: 'exact', batch: 3 },
]
const targets = ['c', 'wasm', 'wgsl'] as const

/** How the file of a seed is compiled. */
export function optionsOf(seed: number, readExternal: ReadExternal): CompileOptions {
  const [target, variant] = [targets[(seed >>> 0) % 3]!, variants[Math.floor((seed >>> 0) / 3) % variants.length]!]
  // The headers of instruction sets take a compiler longer than the code.
  const isa = (seed >>> 0) % 16 === 0 ? {} : { isa: [] }
  const c = target === 'c' ? { ...isa, ...((seed >>> 0) % 5 === 0 ? ({ constants: 'file' } as const) : {}) } : {}
  return { name: `n${seed >>> 0}`, target, readExternal, ...variant, ...c }
}

export type Attempt =
  | { readonly kind: 'compiled'; readonly result: CompileResult }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | Fault

/** Compiles a file, which may be any bytes. */
export async function attempt(bytes: Uint8Array, options: CompileOptions): Promise<Attempt> {
  try {
    const result = await compile(bytes, options)
    const flaw = flawIn(result.warnings)
    return flaw ? { kind: 'error', stage: 'warning', message: flaw } : { kind: 'compiled', result }
  } catch (error) {
    if (error instanceof CompileError) {
      const flaw = flawIn(error.diagnostics) ?? (error.diagnostics.length > 0 ? undefined : 'an error without a reason')
      if (flaw) return { kind: 'error', stage: 'refusal', message: flaw }
      return { kind: 'refused', code: error.diagnostics[0]!.code, message: error.message }
    }
    const { message, stack = '' } = error as Error
    // Where it was thrown, which tells faults of the same words apart.
    const place = /at (?:async )?(?:Object\.|Module\.)?([\w.<>]+) /.exec(stack)?.[1] ?? '?'
    return { kind: 'error', stage: place, message: `${(error as Error).name}: ${message}` }
  }
}

/** What JavaScript's engine says, which is about no model. Names of damaged files are made so that they hold none of it. */
const engine =
  /Cannot (?:read|set|mix|convert|destructure|access)|is not (?:a function|iterable|a constructor|defined|an Object)|Maximum call stack|Invalid (?:array|typed array|string) length|Array buffer allocation|\[object |of undefined|=undefined|\(undefined|Reduce of empty|out of bounds|BigInt|\bat .*:\d+:\d+/

const LONGEST = 1500

/** What is wrong with the words of a refusal or a warning. A file as a whole has no place; all else does. */
function flawIn(diagnostics: readonly Diagnostic[]): string | undefined {
  for (const diagnostic of diagnostics) {
    const { code, where } = diagnostic
    const message = showDiagnostic(diagnostic)
    const words = engine.exec(message)?.[0]
    if (words) return `${code} has words of the engine (${words}): ${message}`
    if (message.length > LONGEST) return `${code} has ${message.length} characters`
    const isWhole = ['invalid-model', 'unsupported-opset', 'invalid-option', 'constants-too-large'].includes(code)
    if (!isWhole && where.node === undefined && where.output === undefined) return `${code} names no place: ${message}`
  }
  return undefined
}
