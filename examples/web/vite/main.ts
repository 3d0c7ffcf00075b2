import { labels, lengths, load, type Model, softmax } from './nin.onnx'

const loading = load({ warm: true })
const input = document.querySelector('input')!
const canvas = document.querySelector('canvas')!
const context = canvas.getContext('2d', { willReadFrequently: true })!

input.addEventListener('change', async () => {
  const [file] = input.files ?? []
  if (file) show(await createImageBitmap(file), await loading)
})

/** The picture as the network sees it, and the three classes that it finds most likely. */
function show(picture: ImageBitmap, nin: Model): void {
  context.drawImage(picture, 0, 0, canvas.width, canvas.height)
  const { logits } = nin.run({ input: context.getImageData(0, 0, canvas.width, canvas.height) })
  const chances = softmax(logits)
  const best = Array.from({ length: lengths.logits }, (_, k) => k).sort((a, b) => chances[b]! - chances[a]!)
  const rows = best.slice(0, 3).map(k => {
    const row = document.createElement('li')
    row.textContent = `${labels[k]}: ${Math.round(100 * chances[k]!)} %`
    return row
  })
  document.querySelector('ol')!.replaceChildren(...rows)
}
