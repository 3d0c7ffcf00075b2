/** Where in the ONNX file. An unnamed node is named by its first output. */
export interface Where {
  readonly node?: string
  readonly op?: string
  readonly output?: string
}

/** One thing to tell the user: what is wrong, where, and what to do instead. */
export interface Diagnostic {
  /** kebab-case, from the catalogue below. */
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
  `${code}: ${message}${hint ? ` ${hint}` : ''}`.replace(/\s*\n\s*/g, ' ')

const at = ({ op, node, output }: Where): string => [op, `'${node || output || '?'}'`].filter(Boolean).join(' ')

/** The catalogue: one function per code. */
export const diagnostics = {
  invalidModel: (
    message: string,
    hint = 'Export the model again and check that the file is complete.',
  ): Diagnostic => ({
    code: 'invalid-model',
    message,
    where: {},
    hint,
  }),
  unsupportedOp: (where: Where, domain: string): Diagnostic => ({
    code: 'unsupported-op',
    message: `${at(where)}${domain ? ` of domain ${domain}` : ''} is not supported.`,
    where,
    hint: 'Rewrite the model without it, or cut the graph before it.',
  }),
  unsupportedAttribute: (where: Where, name: string, found: string, supported: string, hint?: string): Diagnostic => ({
    code: 'unsupported-attribute',
    message: `${at(where)} has ${name}=${found}; supported: ${supported}.`,
    where,
    ...(hint ? { hint } : {}),
  }),
}
