import { ask } from '../compiler.ts'
import { element, find } from '../dom.ts'
import type { InputPanel, OnInput } from './input.ts'

/** For networks that take neither pictures nor text: values by chance, the same ones for the same seed. */
export function numbersPanel(onInput: OnInput): InputPanel {
  const panel = element`<div class="input"><p class="quiet">This network takes no picture, so it gets made-up values: they show that it runs, and how fast.</p>
<div class="buttons"><label>Seed <input type="number" min="1" max="999999" value="1"></label></div></div>`
  const seed = find<HTMLInputElement>('input', panel)
  const update = async (): Promise<void> =>
    onInput(await ask('makeUp', Math.max(1, Math.floor(Number(seed.value) || 1))))
  seed.addEventListener('input', update)
  return { element: panel, start: update }
}
