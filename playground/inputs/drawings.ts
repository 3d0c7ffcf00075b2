/** Pictures drawn by code, for networks that were trained on photographs and handwriting. */

export type Point = readonly [x: number, y: number]

/** The strokes of the ten digits on 28 × 28 pixels, as a hand might write them: points "x,y". */
export const STROKES: readonly (readonly (readonly Point[])[])[] = [
  [ring(14, 14, 5, 8)],
  [line('15,5 13,23')],
  [line('8,9 11,6 16,6 19,9 18,13 8,22 20,22')],
  [line('8,7 13,5 18,8 16,12 12,13 17,14 19,18 15,22 8,21')],
  [line('9,5 8,14 19,14'), line('18,6 16,23')],
  [line('19,6 10,6 9,13 15,12 19,16 17,21 12,23 8,21')],
  [line('16,5 11,10 9,17 12,22 17,21 18,16 14,14 10,16')],
  [line('7,7 20,7 12,23')],
  [ring(14, 9, 4, 4), ring(14, 18, 5, 5)],
  [ring(14, 10, 4, 4), line('18,10 17,16 14,23')],
]

/** Brightness 0..255 of 28 × 28 pixels, by the distance to the strokes. */
export function drawDigit(digit: number): Uint8Array {
  return Uint8Array.from({ length: 784 }, (_, i) => {
    const distances = STROKES[digit]!.flatMap(stroke =>
      stroke.slice(1).map((end, k) => distanceToLine(stroke[k]!, end, i % 28, Math.floor(i / 28))),
    )
    return Math.round(255 * Math.min(1, Math.max(0, 2 - Math.min(...distances))))
  })
}

/** A white aeroplane before a blue sky: 32 × 32 × 3. */
export function drawAeroplane(): Uint8Array {
  const pixels = new Uint8Array(32 * 32 * 3)
  for (let i = 0; i < 1024; i++) {
    const [x, y] = [i % 32, Math.floor(i / 32)]
    const body = Math.min(
      distanceToLine([4, 19], [28, 13], x, y) - 1.6,
      distanceToLine([12, 25], [17, 16], x, y) - 1,
      distanceToLine([17, 16], [13, 9], x, y) - 1,
    )
    const shade = Math.min(1, Math.max(0, 0.5 - body))
    ;[120, 170, 225].forEach((sky, channel) => {
      const background = sky - 1.5 * y
      pixels[i * 3 + channel] = Math.round(background + shade * (235 - background))
    })
  }
  return pixels
}

/** A ship with a white cabin at sea: 32 × 32 × 3. */
export function drawShip(): Uint8Array {
  const colours = { sky: [185, 205, 225], sea: [35, 65, 110], hull: [60, 40, 40], cabin: [235, 235, 230] }
  return Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 32, Math.floor(i / 96)]
    const isHull = y >= 17 && y < 23 && x > y - 14 && x < 46 - y
    const isCabin = y >= 11 && y < 17 && x > 9 && x < 21
    return colours[isHull ? 'hull' : isCabin ? 'cabin' : y < 18 ? 'sky' : 'sea'][i % 3]!
  })
}

function line(points: string): Point[] {
  return points.split(' ').map(point => {
    const [x, y] = point.split(',').map(Number)
    return [x!, y!]
  })
}

function ring(x: number, y: number, width: number, height: number): Point[] {
  return Array.from({ length: 17 }, (_, k) => {
    const angle = (k / 8) * Math.PI
    return [x + width * Math.sin(angle), y - height * Math.cos(angle)]
  })
}

function distanceToLine([ax, ay]: Point, [bx, by]: Point, x: number, y: number): number {
  const [dx, dy] = [bx - ax, by - ay]
  const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
  return Math.hypot(x - ax - t * dx, y - ay - t * dy)
}
