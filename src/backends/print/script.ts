/** Pieces of JavaScript text. */

const WIDTH = 120

/** `{ a: 1, b: 2 }`; over several lines where it would not fit, in a list that is indented by two columns. */
export function objectText(members: readonly string[]): string {
  const line = `{ ${members.join(', ')} }`
  return line.length + 3 <= WIDTH && !line.includes('\n')
    ? line
    : `{\n${members.map(member => `    ${member},\n`).join('')}  }`
}

/** Bytes in base64, in lines; atob takes them with their line ends. */
export function base64Lines(bytes: Uint8Array): string[] {
  const perLine = (WIDTH / 4) * 3
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += perLine)
    lines.push(btoa(String.fromCharCode(...bytes.subarray(at, at + perLine))))
  return lines
}

/** Text as a template literal that says the same. */
export const templateLiteral = (text: string): string => `\`${text.replace(/\\|`|\$\{/g, '\\$&')}\``
