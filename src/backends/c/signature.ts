/** A parameter of a function of generated C: its type, with what stands before the name, and the name. */
export type Parameter = readonly [type: string, name: string]

const COLUMNS = 120

/** `start(a, b, …)`: as many items on a line as fit; further lines are indented by `margin` and two columns more. */
export function wrapped(start: string, items: readonly string[], end: string, margin = ''): string {
  const lines: string[] = []
  let line = `${margin}${start}`
  items.forEach((item, k) => {
    const text = `${item}${k < items.length - 1 ? ',' : end}`
    const space = k === 0 ? '' : ' '
    if (line.length + space.length + text.length <= COLUMNS) line += `${space}${text}`
    else {
      lines.push(line)
      line = `${margin}  ${text}`
    }
  })
  return [...lines, items.length === 0 ? `${line}${end}` : line].join('\n')
}

/** The first lines of a function's definition. */
export const headText = (before: string, name: string, parameters: readonly Parameter[]): string =>
  wrapped(`${before} ${name}(`, parameters.length > 0 ? parameters.map(pair => pair.join('')) : ['void'], ')')
