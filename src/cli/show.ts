import type { Summary } from '../summary.ts'

const KILO = 1024

/** 512 B, 14.2 KB, 3.9 MB; a KB is 1,024 bytes. */
export function showBytes(bytes: number): string {
  if (bytes < KILO) return `${bytes} B`
  return bytes < KILO * KILO ? `${(bytes / KILO).toFixed(1)} KB` : `${(bytes / KILO / KILO).toFixed(1)} MB`
}

/** 640, 12.3 k, 4.5 M, 1.2 G. */
export function showCount(count: number): string {
  const [size, unit] = count < 1e3 ? [1, ''] : count < 1e6 ? [1e3, ' k'] : count < 1e9 ? [1e6, ' M'] : [1e9, ' G']
  return unit === '' ? `${count}` : `${(count / size).toFixed(1)}${unit}`
}

/** `7 of 9 layers binary (93.4 % of 223.0 M MACs), 3.9 MB of weights in 201.3 KB of constants` */
export function showTotals({ totals, constantBytes }: Summary): string {
  const { layers, binaryLayers, macs, binaryMacs, floatBytes } = totals
  const share = macs === 0 ? 0 : (100 * binaryMacs) / macs
  return (
    `${binaryLayers} of ${layers} layers binary (${share.toFixed(1)} % of ${showCount(macs)} MACs), ` +
    `${showBytes(floatBytes)} of weights in ${showBytes(constantBytes)} of constants`
  )
}
