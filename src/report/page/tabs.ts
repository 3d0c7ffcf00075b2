import { type Content, type Html, html } from './html.ts'

/** Panels of which one is seen at a time; all of them on paper and without scripts. */
export function tabs(
  id: string,
  label: string,
  panels: readonly { readonly title: string; readonly content: Content }[],
): Html {
  return html`<div class="tabs"><div class="tablist" role="tablist" aria-label="${label}">${panels.map(
    ({ title }, k) =>
      html`<button type="button" role="tab" id="${id}-tab-${k}" aria-controls="${id}-${k}" aria-selected="${k === 0 ? 'true' : 'false'}" tabindex="${k === 0 ? 0 : -1}">${title}</button>`,
  )}</div>${panels.map(
    ({ title, content }, k) =>
      html`<div class="panel" role="tabpanel" id="${id}-${k}" aria-labelledby="${id}-tab-${k}"><h3 class="paper">${title}</h3>${content}</div>`,
  )}</div>`
}
