/** The bits of the float16 that is nearest to a number, halves to even. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  // Below 2^-14 the steps are 2^-24; above, a 1024th of the power of two.
  const exponent = Math.max(Math.floor(Math.log2(size || 1)), -14)
  const step = 2 ** (exponent - 10)
  const steps = roundHalfEven(size / step)
  return size < 2 ** -14 ? sign | steps : sign + ((exponent + 15) << 10) + (steps - 1024)
}

/** Half precision: 1 sign, 5 exponent, 10 fraction bits. */
export function fromHalf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1
}
