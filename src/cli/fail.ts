import { CompileError, InternalError, onOneLine, showDiagnostic } from '../ir/diagnostic.ts'
import { ConfigError } from '../node/config.ts'
import { ToolError } from '../run/tool-error.ts'
import { BudgetError } from './budget.ts'
import { printError } from './terminal.ts'

/** A wrong argument that the parser of the command line could not know. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A file that cannot be read or written. */
export class FileError extends Error {
  override readonly name = 'FileError'
}

/** Says on stderr what went wrong, a line per reason and never a stack trace; returns the exit status. */
export function fail(error: unknown): number {
  if (error instanceof CompileError) {
    for (const diagnostic of error.diagnostics) printError(showDiagnostic(diagnostic))
    return error.diagnostics.every(({ code }) => code === 'invalid-option') ? 2 : 1
  }
  const message = error instanceof Error ? error.message : String(error)
  printError(onOneLine(message))
  if (error instanceof UsageError || error instanceof ConfigError) return 2
  const known = [BudgetError, FileError, ToolError, InternalError].some(kind => error instanceof kind)
  if (!known && !isSystemError(error))
    console.error('This is a fault of xnorc itself: please report it with the model, or with what --dump-ir writes.')
  return 1
}

const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/** The system's reason for refusing a file, in words. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : (error as Error).message
