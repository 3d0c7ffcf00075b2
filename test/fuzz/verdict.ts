/** What was found out about one network. */
export type Verdict =
  /** Everything agrees. `exact` of `elements` had to be equal bit for bit. */
  | {
      readonly kind: 'agrees'
      readonly exact: number
      readonly elements: number
      /** Whether onnxruntime was asked; it does not know every operator and old operator set. */
      readonly reference: boolean
      readonly layers: Readonly<Record<string, number>>
    }
  /** A CompileError, with its code: allowed, and counted. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** A damaged file that is none to the compiler: there is nothing to compare it with. */
  | { readonly kind: 'compiled'; readonly target: string }
  | Fault

/** `stage` is where it was first seen: a pass, `import`, `lower`, or a target. */
export interface Fault {
  readonly kind: 'wrong' | 'error' | 'hang' | 'crash' | 'memory'
  readonly stage: string
  readonly message: string
}

export const isFault = (verdict: Verdict): verdict is Fault => !['agrees', 'refused', 'compiled'].includes(verdict.kind)

/** Faults with the same key are taken for one: numbers and names differ from network to network. */
export const keyOf = ({ kind, stage, message }: Fault): string =>
  `${kind} in ${stage}${
    kind === 'error'
      ? `: ${message
          .split('\n')[0]!
          .replace(/'[^']*'/g, "'…'")
          .replace(/-?\d+(\.\d+)?(e[-+]?\d+)?|Infinity|NaN/g, '#')
          .replace(/#(,#)*/g, '#')
          .slice(0, 110)}`
      : ''
  }`
