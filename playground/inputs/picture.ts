import type { PortSummary } from '../../src/summary.ts'
import { element, find } from '../dom.ts'
import { pictureShape, type Scale } from '../examples.ts'
import { drawAeroplane, drawShip } from './drawings.ts'
import { type InputPanel, type OnInput, tensorOfPixels } from './input.ts'

/** A picture of any size: its middle square (or what has the network's proportions), drawn as large as the network wants. */
export function picturePanel(port: PortSummary, scale: Scale, onInput: OnInput): InputPanel {
  const { width, height } = pictureShape(port)!
  const panel = element`<div class="input"><p class="quiet">Drop or paste a picture, or choose one. It stays in this page.</p>
<div class="fields"><figure><canvas class="pixels field" width="${width}" height="${height}" role="img" aria-label="The picture as the network gets it"></canvas><figcaption>what the network gets: ${width} × ${height}</figcaption></figure></div>
<div class="buttons"><label class="file small">Choose a picture<input type="file" accept="image/*"></label><button type="button" class="small">Aeroplane</button><button type="button" class="small">Ship</button></div></div>`
  const canvas = find<HTMLCanvasElement>('canvas', panel)
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  const update = (): void =>
    onInput(new Map([[port.name, tensorOfPixels(port, context.getImageData(0, 0, width, height), scale)]]))

  const show = async (file: Blob): Promise<void> => {
    const picture = await createImageBitmap(file)
    const zoom = Math.max(width / picture.width, height / picture.height)
    const [w, h] = [picture.width * zoom, picture.height * zoom]
    context.imageSmoothingQuality = 'high'
    context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h)
    update()
  }
  /** 32 × 32 × 3, as a drawing has it. */
  const showDrawing = async (pixels: Uint8Array): Promise<void> => {
    const image = new ImageData(32, 32)
    for (let k = 0; k < 1024; k++) image.data.set([...pixels.subarray(3 * k, 3 * k + 3), 255], 4 * k)
    if (width === 32 && height === 32) {
      context.putImageData(image, 0, 0)
      update()
    } else {
      context.drawImage(await createImageBitmap(image), 0, 0, width, height)
      update()
    }
  }

  find<HTMLInputElement>('input', panel).addEventListener('change', event => {
    const [file] = (event.target as HTMLInputElement).files ?? []
    if (file) show(file)
  })
  const [aeroplane, ship] = panel.querySelectorAll('button')
  aeroplane!.addEventListener('click', () => showDrawing(drawAeroplane()))
  ship!.addEventListener('click', () => showDrawing(drawShip()))
  panel.addEventListener('picture', event => show((event as CustomEvent<Blob>).detail))
  return { element: panel, start: () => showDrawing(drawShip()) }
}
