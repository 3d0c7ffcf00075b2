/** A loop nest over several arrays: sizes, and for every array a stride per loop. */
export interface Loops {
  readonly sizes: readonly number[]
  readonly strides: readonly (readonly number[])[]
}

/**
 * The same walk with fewer loops: loops of size 1 go, and two neighbours become one where every array steps evenly
 * through both. `keepLast` leaves the innermost loop alone, because packed bits are not evenly spaced across it.
 */
export function collapse({ sizes, strides }: Loops, keepLast = false): Loops {
  const loops: { size: number; steps: number[] }[] = []
  sizes.forEach((size, axis) => {
    const steps = strides.map(list => list[axis]!)
    const alone = keepLast && axis === sizes.length - 1
    const outer = loops.at(-1)
    if (size === 1 && !alone) return
    if (outer && !alone && outer.steps.every((step, k) => step === steps[k]! * size))
      loops[loops.length - 1] = { size: outer.size * size, steps }
    else loops.push({ size, steps })
  })
  if (loops.length === 0) loops.push({ size: 1, steps: strides.map(() => 0) })
  return { sizes: loops.map(({ size }) => size), strides: strides.map((_, k) => loops.map(({ steps }) => steps[k]!)) }
}
