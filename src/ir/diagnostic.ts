/** Where in the ONNX file. An unnamed node is named by its first output. */
export interface Where {
  readonly node?: string
  readonly op?: string
  readonly output?: string
}

/** One thing to tell the user: what is wrong, where, and what to do instead. */
export interface Diagnostic {
  /** kebab-case, from the catalogue in diagnostics.ts. */
  readonly code: string
  readonly message: string
  readonly where: Where
  readonly hint?: string
}

/** The model cannot be compiled; every reason is listed. */
export class CompileError extends Error {
  override readonly name = 'CompileError'
  readonly diagnostics: readonly Diagnostic[]
  constructor(...diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(showDiagnostic).join('\n'))
    this.diagnostics = diagnostics
  }
}

/** A fault of the compiler itself, with the pass that failed and the graph before it. */
export class InternalError extends Error {
  override readonly name = 'InternalError'
  readonly pass: string
  readonly ir: string
  constructor(pass: string, cause: unknown, ir: string) {
    super(`internal error in ${pass}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.pass = pass
    this.ir = ir
  }
}

/** `unsupported-attribute: Conv 'features.3' has auto_pad=SAME_LOWER; supported: … Export with explicit pads.` One line. */
export const showDiagnostic = ({ code, message, hint }: Diagnostic): string =>
  onOneLine(`${code}: ${shortened(message)}${hint ? ` ${shortened(hint)}` : ''}`)

const LONGEST = 800

/** Without its middle where a name, a list of sizes or of axes is longer than anyone reads. */
const shortened = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)} … ${text.slice(-LONGEST / 4)}`

/** Names of a file may hold ends of lines, and what a terminal takes for commands. */
export const onOneLine = (text: string): string =>
  text.replace(/\s*[\n\r\u2028\u2029]\s*/g, ' ').replace(/\p{Cc}/gu, '?')
