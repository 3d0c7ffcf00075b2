import { lineWidth, styled } from './terminal.ts'

/** Between columns. */
const GAP = 2
/** No column of words becomes narrower to make a table fit. */
const NARROWEST = 8

/**
 * Columns as wide as their widest cell; the columns in `right` are numbers, aligned to the right. Where a line would be
 * longer than `width`, the widest columns of words become narrower and their cells take several lines.
 */
export function showTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  width = lineWidth(),
): string {
  const wanted = head.map((title, k) => Math.max(title.length, ...rows.map(row => row[k]!.length)))
  const widths = narrowed(wanted, right, width)
  const align = (text: string, k: number) => (right.includes(k) ? text.padStart(widths[k]!) : text.padEnd(widths[k]!))
  const block = (cells: readonly string[]): string[] => {
    const parts = cells.map((cell, k) => wrapped(cell, widths[k]!))
    const height = Math.max(...parts.map(({ length }) => length))
    return Array.from({ length: height }, (_, line) =>
      parts
        .map((part, k) => align(part[line] ?? '', k))
        .join(' '.repeat(GAP))
        .trimEnd(),
    )
  }
  const titles = block(head).map(line => styled('bold', line, process.stdout))
  return [...titles, ...block(widths.map(size => '─'.repeat(size))), ...rows.flatMap(block)].join('\n')
}

/** Takes from the widest column of words, one character after the other, until all fit or all are narrow. */
function narrowed(wanted: readonly number[], right: readonly number[], width: number): number[] {
  const widths = [...wanted]
  let excess = widths.reduce((sum, size) => sum + size, GAP * (widths.length - 1)) - width
  while (excess > 0) {
    const sizes = widths.map((size, k) => (right.includes(k) ? 0 : size))
    const widest = Math.max(...sizes)
    if (widest <= NARROWEST) break
    widths[sizes.indexOf(widest)]!--
    excess--
  }
  return widths
}

/** Lines of at most `width` characters, broken at spaces, and inside of words that are longer than a line. */
function wrapped(text: string, width: number): string[] {
  if (text.length <= width) return [text]
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= width) lines[lines.length - 1] = longer
    else lines.push(...(word.match(new RegExp(`.{1,${width}}`, 'gu')) ?? []))
  }
  return lines.filter((line, k) => line !== '' || k > 0)
}
