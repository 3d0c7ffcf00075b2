/** Columns of a line, and how far its continuation stands in. */
const [COLUMNS, INDENT] = [120, 4]

/** Lines of code that are longer than a screen is wide are broken where the fewest parentheses are open. */
export const foldLines = (code: string): string => code.split('\n').flatMap(foldLine).join('\n')

function foldLine(line: string): string[] {
  // Directives end with their line, and comments are laid out where they are made.
  if (line.length <= COLUMNS || /^\s*(#|\/?\*)|\\$/.test(line)) return [line]
  const margin = line.search(/\S/)
  const at = bestBreak(line, margin)
  if (at === undefined) return [line]
  const rest = foldLine(`${' '.repeat(margin + INDENT)}${line.slice(at + 1)}`)
  // What follows a continuation stands no deeper than it.
  return [line.slice(0, at), ...rest.map((each, k) => (k === 0 ? each : each.replace(/^ {4}/, '')))]
}

/** The last space that fits, of those in the fewest parentheses, behind an operator or a comma; an assignment is kept together. */
function bestBreak(line: string, margin: number): number | undefined {
  let [depth, best, least] = [0, undefined as number | undefined, Number.POSITIVE_INFINITY]
  let quoted = false
  for (let k = margin; k <= Math.min(COLUMNS, line.length - 1); k++) {
    const char = line[k]!
    if (char === '"') quoted = !quoted
    if (quoted) continue
    if ('([{'.includes(char)) depth++
    else if (')]}'.includes(char)) depth--
    else if (
      char === ' ' &&
      /(?:[\w)\]] (?:[-+*/%&|^<>?:]|<<|>>|&&|\|\||[<>=!]=)|,)$/.test(line.slice(0, k)) &&
      depth <= least
    )
      [best, least] = [k, depth]
  }
  return best
}
