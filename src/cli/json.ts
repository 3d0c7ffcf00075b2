import type { CBench } from '../bench/c-measure.ts'
import type { Count } from '../bench/count.ts'
import type { WasmBench } from '../bench/wasm.ts'
import type { WgslBench } from '../bench/wgsl.ts'
import type { Size } from '../run/size.ts'
import type { Summary } from '../summary.ts'
import type { Verification } from '../verify/verify-model.ts'
import type { Finding } from './doctor.ts'
import type { MemoryUse } from './show-memory.ts'
import type { BoardCount } from './size.ts'

interface Evaluation {
  readonly samples: number
  readonly correct: number
  /** Their share. */
  readonly accuracy: number
  /** Mean cross-entropy. */
  readonly loss: number
  /** Samples that have no result, because an index of theirs is out of range. */
  readonly outOfRange: number
}

/** Instructions of one run as one compiler makes it for one machine. */
interface Emulation extends Count {
  readonly machine: string
  readonly compiler: string
  readonly optimise: '-O2' | '-O3'
}

/** What each command prints with --json: `npm run schema` makes schema/v1.json from it. */
export interface Output {
  /** Of one target; a list where --target names several. */
  readonly compile: Summary | readonly Summary[]
  readonly inspect: Omit<Summary, 'files'> & { readonly memory: MemoryUse }
  /** Of one target; a list where --target names several. */
  readonly verify: Verification | readonly Verification[]
  readonly eval: Evaluation
  readonly bench: { readonly name: string } & (
    | ({ readonly target: 'c'; readonly compiler: string } & CBench)
    | { readonly target: 'c'; readonly emulated: readonly Emulation[] }
    | ({ readonly target: 'wasm' } & WasmBench)
    | ({ readonly target: 'wgsl' } & WgslBench)
  )
  readonly size: { readonly name: string; readonly run?: BoardCount } & Size
  readonly doctor: readonly Finding[]
}

/** JSON has no NaN and no infinity: they are written as strings. */
const written = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value

/** Prints the output of a command as JSON. */
export function printJson<C extends keyof Output>(_command: C, output: Output[C]): void {
  console.log(JSON.stringify(output, written, 2))
}
