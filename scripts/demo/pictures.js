/** Sample inputs drawn by code, so that the demo needs no data set. */

/** A handwritten-looking 7: brightness 0..255 of 28×28 pixels, from the distance to a stroke. */
export function drawSeven() {
  const stroke = [
    [6, 7],
    [20, 6.5],
    [17, 12],
    [13, 17],
    [11, 23],
  ]
  return Float32Array.from({ length: 784 }, (_, i) => {
    const distance = distanceToStroke(stroke, i % 28, Math.floor(i / 28))
    return 255 * Math.min(1, Math.max(0, 2 - distance))
  })
}

/** A white aeroplane before a blue sky: planes of red, green and blue 0..255, 3×32×32. */
export function drawAeroplane() {
  const fuselage = [
    [4, 19],
    [28, 13],
  ]
  const wings = [
    [12, 25],
    [17, 16],
    [13, 9],
  ]
  const sky = [120, 170, 225]
  return Float32Array.from({ length: 3072 }, (_, i) => {
    const [x, y] = [i % 32, Math.floor((i % 1024) / 32)]
    const body = Math.min(distanceToStroke(fuselage, x, y) - 1.6, distanceToStroke(wings, x, y) - 1)
    const shade = Math.min(1, Math.max(0, 0.5 - body))
    const background = sky[Math.floor(i / 1024)] - 1.5 * y
    return background + shade * (235 - background)
  })
}

/** Shades of a greyscale picture in characters, two rows of pixels to a line of text. */
export function showPicture(pixels, width) {
  const shades = ' .:-=+*#%@'
  const rows = []
  for (let y = 0; y + 1 < pixels.length / width; y += 2) {
    const row = Array.from({ length: width }, (_, x) => {
      const value = (pixels[y * width + x] + pixels[(y + 1) * width + x]) / 2
      return shades[Math.min(9, Math.floor((value / 256) * 10))]
    })
    rows.push(row.join('').trimEnd())
  }
  return rows.filter(row => row !== '').join('\n')
}

function distanceToStroke(points, x, y) {
  return Math.min(...points.slice(1).map((end, i) => distanceToLine(points[i], end, x, y)))
}

function distanceToLine([ax, ay], [bx, by], x, y) {
  const [dx, dy] = [bx - ax, by - ay]
  const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
  return Math.hypot(x - ax - t * dx, y - ay - t * dy)
}
