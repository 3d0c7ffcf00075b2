import type { Shape } from '../../../src/ir/tensor.ts'
import { require } from '../builder.ts'
import type { Choices } from '../choices.ts'

export function broadcast(...shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map(shape => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map(shape => shape[axis - rank + shape.length] ?? 1)
    const size = sizes.find(each => each !== 1) ?? 1
    require(sizes.every(each => each === 1 || each === size))
    return size
  })
}

export const fits = (from: Shape, to: Shape): boolean => {
  try {
    broadcast(from, to)
    return true
  } catch {
    return false
  }
}

/** A shape that broadcasts with another: axes kept or 1, leading ones left out, or one axis more. */
export function broadcastShape(c: Choices, shape: Shape): Shape {
  switch (c.pick(6)) {
    case 0:
      return []
    case 1:
      // One number per channel, as bias and batch normalisation have it.
      return shape.length < 2 ? shape : shape.map((size, axis) => (axis === 1 ? size : 1)).slice(c.pick(2))
    case 2: {
      const kept = c.pick(Math.max(shape.length, 1))
      return shape.map((size, axis) => (axis === kept ? size : 1))
    }
    case 3:
      return shape.slice(c.pick(shape.length + 1))
    case 4:
      return shape.map(size => (c.pick(2) ? size : 1))
    default:
      return shape.length < 4 && c.once(3) ? [1 + c.pick(2), ...shape] : shape
  }
}
