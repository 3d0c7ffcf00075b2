import type { PortSummary } from '../../src/summary.ts'
import { element, find } from '../dom.ts'
import { pictureShape, type Scale } from '../examples.ts'
import { type Point, STROKES } from './drawings.ts'
import { type InputPanel, type OnInput, tensorOfPixels } from './input.ts'

/** Units of a stroke across the field, as the sample digits have them. */
const FIELD = 28
const SCREEN = 280
const PEN = 2.2

/**
 * A field to draw on, white on black. Data sets of digits (MNIST) have them 20 pixels large, their centre of mass in the
 * middle of 28: so is the picture that the network gets, from the strokes and not from their pixels.
 */
export function digitPanel(port: PortSummary, scale: Scale, onInput: OnInput): InputPanel {
  const { height: size } = pictureShape(port)!
  const panel = element`<div class="input"><p id="how-to-draw" class="quiet">Draw a digit. Keyboard: arrow keys move the pen, space puts it down or lifts it, Delete clears.</p>
<div class="fields"><canvas class="field" width="${SCREEN}" height="${SCREEN}" tabindex="0" role="application" aria-label="Drawing field" aria-describedby="how-to-draw"></canvas>
<figure><canvas class="pixels seen" width="${size}" height="${size}" role="img" aria-label="The digit as the network gets it"></canvas><figcaption>what the network gets</figcaption></figure></div>
<div class="buttons" role="group" aria-label="Sample digits"></div></div>`
  const field = find<HTMLCanvasElement>('.field', panel)
  const seen = find<HTMLCanvasElement>('.seen', panel)
  let strokes: Point[][] = []
  let pen: Point | undefined
  let isDown = false

  const update = (): void => {
    drawField(field, strokes, document.activeElement === field ? pen : undefined)
    const context = seen.getContext('2d', { willReadFrequently: true })!
    drawCentred(context, strokes, size)
    onInput(new Map([[port.name, tensorOfPixels(port, context.getImageData(0, 0, size, size), scale)]]))
  }
  const show = (digit: number): void => {
    strokes = STROKES[digit]!.map(stroke => [...stroke])
    pen = undefined
    update()
  }
  const clear = (): void => {
    strokes = []
    isDown = false
    update()
  }

  const at = (event: PointerEvent): Point => {
    const { left, top, width, height } = field.getBoundingClientRect()
    return [((event.clientX - left) / width) * FIELD, ((event.clientY - top) / height) * FIELD]
  }
  field.addEventListener('pointerdown', event => {
    field.setPointerCapture(event.pointerId)
    pen = undefined
    strokes.push([at(event)])
    update()
  })
  field.addEventListener('pointermove', event => {
    if (!field.hasPointerCapture(event.pointerId)) return
    strokes.at(-1)!.push(at(event))
    update()
  })
  const moves: Readonly<Record<string, Point>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  }
  field.addEventListener('keydown', event => {
    const move = moves[event.key]
    const [x, y] = pen ?? [FIELD / 2, FIELD / 2]
    if (event.key === ' ') {
      isDown = !isDown
      pen = [x, y]
      if (isDown) strokes.push([pen])
    } else if (event.key === 'Delete' || event.key === 'Backspace') clear()
    else if (move) {
      pen = [Math.min(FIELD - 1, Math.max(1, x + move[0])), Math.min(FIELD - 1, Math.max(1, y + move[1]))]
      if (isDown) strokes.at(-1)!.push(pen)
    } else return
    event.preventDefault()
    update()
  })
  field.addEventListener('focus', () => drawField(field, strokes, pen))
  field.addEventListener('blur', () => {
    isDown = false
    drawField(field, strokes)
  })

  const buttons = find('.buttons', panel)
  STROKES.forEach((_, digit) => {
    const button = element<HTMLButtonElement>`<button type="button" class="small" aria-label="Sample ${digit}">${digit}</button>`
    button.addEventListener('click', () => show(digit))
    buttons.append(button)
  })
  const button = element<HTMLButtonElement>`<button type="button" class="small">Clear</button>`
  button.addEventListener('click', clear)
  buttons.append(button)
  return { element: panel, start: () => show(5) }
}

function drawField(canvas: HTMLCanvasElement, strokes: readonly (readonly Point[])[], pen?: Point): void {
  const context = canvas.getContext('2d')!
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.fillStyle = '#000'
  context.fillRect(0, 0, SCREEN, SCREEN)
  context.scale(SCREEN / FIELD, SCREEN / FIELD)
  drawStrokes(context, strokes)
  if (!pen) return
  context.fillStyle = '#74b3f2'
  context.beginPath()
  context.arc(pen[0], pen[1], 0.7, 0, 2 * Math.PI)
  context.fill()
}

function drawStrokes(context: CanvasRenderingContext2D, strokes: readonly (readonly Point[])[], width = PEN): void {
  context.strokeStyle = '#fff'
  context.lineWidth = width
  context.lineCap = 'round'
  context.lineJoin = 'round'
  for (const stroke of strokes) {
    context.beginPath()
    // A point is a line of no length.
    context.moveTo(...stroke[0]!)
    for (const point of stroke) context.lineTo(...point)
    context.stroke()
  }
}

/** Five sevenths of the picture large, its centre of mass in the middle. */
function drawCentred(context: CanvasRenderingContext2D, strokes: readonly (readonly Point[])[], size: number): void {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.fillStyle = '#000'
  context.fillRect(0, 0, size, size)
  const points = strokes.flat()
  if (points.length === 0) return
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const unit = size / FIELD
  // A dot or a dash does not become as large as a digit.
  const zoom = ((20 - PEN) * unit) / Math.max(right - left, bottom - top, 8)
  const draw = (x: number, y: number): void => {
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.fillRect(0, 0, size, size)
    context.setTransform(zoom, 0, 0, zoom, x, y)
    drawStrokes(context, strokes, (PEN * unit) / zoom)
  }
  const [x, y] = [size / 2 - (zoom * (left + right)) / 2, size / 2 - (zoom * (top + bottom)) / 2]
  draw(x, y)
  const [massX, massY] = centreOf(context.getImageData(0, 0, size, size))
  draw(x + size / 2 - massX, y + size / 2 - massY)
}

function centreOf({ width, data }: ImageData): Point {
  let [mass, x, y] = [0, 0, 0]
  for (let k = 0; k < data.length / 4; k++) {
    const weight = data[4 * k]!
    mass += weight
    x += weight * ((k % width) + 0.5)
    y += weight * (Math.floor(k / width) + 0.5)
  }
  return [x / mass, y / mass]
}
