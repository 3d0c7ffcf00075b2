/** Text that a user or a model wrote, where it meets the text of generated code. */

/**
 * Text that stays inside a comment of any target, on its line: no line end of any language, nothing that opens or
 * closes a comment, no trigraph and no backslash, which would join the next line. Printable ASCII, so that encodings do
 * not matter.
 */
export const inComment = (text: string): string =>
  text.replace(/[^\x20-\x7e]|\\/g, '_').replace(/\*(?=\/)|\/(?=\*)|\?(?=\?)|\((?=;)|;(?=\))|<(?=[/!])/g, '$& ')

/** Longest line of a header comment. */
const WIDTH = 110

/** The options of a command line, in lines of a comment. */
export function optionLines(commandLine = ''): readonly string[] {
  const lines: string[] = []
  const text = commandLine === '' ? '' : `Options: ${commandLine}`
  for (const word of inComment(text)
    .split(/(?= --)|(?<=,)/)
    .filter(Boolean)) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + word.length <= WIDTH) lines[lines.length - 1] = line + word
    else lines.push(word.trimStart())
  }
  return lines
}

/** What ends a line, turns the direction of text or cannot be seen; JSON leaves it as it is. */
const INVISIBLE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** A string literal of JavaScript and TypeScript with this quotation mark. It neither ends early nor ends a script. */
export function jsString(text: string, quotation: '"' | "'" = '"'): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replace(INVISIBLE, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/<(?=[/!])/g, '\\x3c')
  return quotation === '"' ? `"${escaped}"` : `'${escaped.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
