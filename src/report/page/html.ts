/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

export type Content = Html | string | number | undefined | false | readonly Content[]

/** HTML from a template literal: what is put in is escaped, unless it is HTML itself. */
export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Html => ({
  html: parts.map((part, k) => part + (k < contents.length ? show(contents[k]) : '')).join(''),
})

/** For text that no one else wrote. */
export const raw = (text: string): Html => ({ html: text })

function show(content: Content): string {
  if (content === undefined || content === false) return ''
  if (typeof content === 'string' || typeof content === 'number') return escapeText(String(content))
  return 'html' in content ? content.html : content.map(show).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeText = (text: string): string => text.replace(/[&<>"']/g, letter => entities[letter]!)
