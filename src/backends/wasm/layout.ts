const WIDTH = 120

/** Where parentheses that are open at a point of a line were opened: columns of the line's first one. */
type Open = number[]

/** Lines of WAT, indented like code by what is open before them, and cut at parentheses where they are too long. */
export function layout(text: string): string {
  const open: Open = []
  const lines: string[] = []
  const add = (line: string): void => {
    const margin = marginOf(line, open)
    if (margin + line.length > WIDTH) {
      const parts = cut(line, WIDTH - margin)
      if (parts.length > 1) {
        parts.forEach(add)
        return
      }
    }
    lines.push(' '.repeat(margin) + line)
    for (const char of codeOf(line)) {
      if (char === '(') open.push(margin)
      if (char === ')') open.pop()
    }
  }
  for (const line of text.split('\n')) if (line.trim() !== '') add(line.trim())
  return `${lines.join('\n')}\n`
}

/** A line that only closes stands where the line that opened stands. */
function marginOf(line: string, open: Open): number {
  const closing = /^\)*/.exec(line)![0].length
  if (closing > 0) return open.at(-closing) ?? 0
  return open.length === 0 ? 0 : open.at(-1)! + 2
}

/** The line with its strings and comments as letters, so that only code has parentheses. */
const codeOf = (line: string): string =>
  line
    .replace(/"(?:[^"\\]|\\.)*"/g, quoted => 'x'.repeat(quoted.length))
    .replace(/;;.*/, rest => 'x'.repeat(rest.length))

/** Shorter lines that say the same. */
function cut(line: string, width: number): string[] {
  if (line.startsWith(';;')) return packed(line.slice(2).trim().split(' '), width - 3).map(words => `;; ${words}`)
  const items = itemsOf(line)
  if (items.length > 1) return packed(items, width)
  // One form: its operands each on a line of their own.
  const body = codeOf(line).indexOf('(', 1)
  if (body < 0) return [line]
  const operands = itemsOf(line.slice(body))
  return [line.slice(0, body).trimEnd(), ...operands]
}

/** What stands side by side on a line: forms and words; what closes is part of the last. */
function itemsOf(line: string): string[] {
  const items: string[] = []
  let depth = 0
  let start = 0
  const code = codeOf(line)
  for (let k = 0; k < code.length; k++) {
    if (code[k] === '(') depth++
    if (code[k] === ')') depth = Math.max(0, depth - 1)
    if (code[k] === ' ' && depth === 0) {
      items.push(line.slice(start, k))
      start = k + 1
    }
  }
  return [...items, line.slice(start)]
}

/** As many on a line as fit. */
function packed(items: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + item.length <= width) lines[lines.length - 1] = `${last} ${item}`
    else lines.push(item)
  }
  return lines
}
