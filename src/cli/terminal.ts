import util from 'node:util'
import { type Diagnostic, showDiagnostic } from '../ir/diagnostic.ts'

type Format = 'bold' | 'red' | 'yellow'

/** Text in a format on a terminal that wants colours (https://no-color.org), and as it is elsewhere. */
export function styled(format: Format, text: string, stream: NodeJS.WriteStream): string {
  if (!stream.isTTY || process.env.NO_COLOR || process.env.TERM === 'dumb') return text
  // The function came with Node 20.12. It would ask stdout, whatever the text is for.
  return util.styleText?.(format, text, { validateStream: false }) ?? text
}

/** Characters in a line of stdout; any number where it is no terminal. */
export const lineWidth = (): number => (process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY)

export const printError = (message: string): void =>
  console.error(`${styled('red', 'error:', process.stderr)} ${message}`)

export function printWarnings(warnings: readonly Diagnostic[]): void {
  for (const warning of warnings)
    console.error(`${styled('yellow', 'warning:', process.stderr)} ${showDiagnostic(warning)}`)
}
