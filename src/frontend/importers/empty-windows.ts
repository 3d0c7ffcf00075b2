/** Windows along one axis of an image. */
export interface Windows {
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
  readonly after: number
}

/**
 * Whether a window has no tap inside the image, by arithmetic: sizes may be of any length. Taps go up from the start of
 * their window, so one that starts behind the image is empty. One that starts before it is empty where its taps end too
 * early, which the first window's do if any do, or where the first tap that is not before the image steps over it.
 */
export function hasEmptyWindow({ size, kernel, stride, dilation, before, after }: Windows): boolean {
  const span = (kernel - 1) * dilation + 1
  const count = Math.floor((size + before + after - span) / stride) + 1
  if ((count - 1) * stride - before >= size) return true
  if (Math.ceil(before / dilation) >= kernel) return true
  if (dilation <= size) return false
  // The first tap inside or behind is the start modulo the dilation.
  const starts = Math.min(count, Math.ceil(before / stride))
  const first = dilation - 1 - ((before - 1) % dilation)
  const [n, s, d] = [starts, stride, dilation].map(BigInt) as [bigint, bigint, bigint]
  // One more whole turn for every remainder of at least `size`.
  return sumOfQuotients(n, s, BigInt(first + dilation - size), d) > sumOfQuotients(n, s, BigInt(first), d)
}

/** Σ floor((a·i + b) / m) for i from 0 to n − 1, in as many steps as Euclid's algorithm takes on a and m. */
function sumOfQuotients(n: bigint, a: bigint, b: bigint, m: bigint): bigint {
  if (n === 0n) return 0n
  let sum = (a / m) * ((n * (n - 1n)) / 2n) + (b / m) * n
  const [slope, offset] = [a % m, b % m]
  const top = slope * n + offset
  if (top >= m) sum += sumOfQuotients(top / m, m, top % m, slope)
  return sum
}
