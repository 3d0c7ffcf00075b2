import { createTokenizer } from '../../examples/textcnn-imdb/tokenizer.js'
import type { PortSummary } from '../../src/summary.ts'
import { element, find } from '../dom.ts'
import type { InputPanel, OnInput } from './input.ts'

const SAMPLES = {
  'A kind one':
    'What a wonderful film. The story is simple, the acting superb, and the last scene moved me to tears. I loved every minute of it and would gladly see it again.',
  'A harsh one':
    'I wanted to like this, but it is a mess: a dull script, wooden acting and jokes that never land. Two hours of my life wasted. Avoid it at all costs.',
  'A mixed one':
    'The first half is brilliant, with great music and a clever plot. Then it falls apart, and the ending is just stupid.',
}
const UNKNOWN = 1n

export const VOCABULARY = 'models/vocabulary.txt'

/** A text, and how many of its words the network knows. */
export function reviewPanel(port: PortSummary, vocabulary: readonly string[], onInput: OnInput): InputPanel {
  const panel = element`<div class="input"><label for="review">What did they write about the film?</label>
<textarea id="review" rows="7" spellcheck="false"></textarea>
<p class="quiet" id="words"></p><div class="buttons" role="group" aria-label="Sample reviews"></div></div>`
  const text = find<HTMLTextAreaElement>('textarea', panel)
  const tokenize = createTokenizer(vocabulary)
  const length = port.shape.at(-1)!
  const update = (): void => {
    const tokens = tokenize(text.value, length)
    const words = tokens.filter(token => token !== 0n)
    const unknown = words.filter(token => token === UNKNOWN).length
    find('#words', panel).textContent =
      `${words.length} words of at most ${length}, ${unknown === 0 ? 'all' : `all but ${unknown}`} in the vocabulary`
    onInput(new Map([[port.name, { dtype: 'i64', shape: port.shape, values: tokens }]]))
  }
  const show = (sample: string): void => {
    text.value = sample
    update()
  }
  text.addEventListener('input', update)
  for (const [title, sample] of Object.entries(SAMPLES)) {
    const button = element<HTMLButtonElement>`<button type="button" class="small">${title}</button>`
    button.addEventListener('click', () => show(sample))
    find('.buttons', panel).append(button)
  }
  return { element: panel, start: () => show(Object.values(SAMPLES)[0]!) }
}
