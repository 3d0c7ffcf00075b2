import type { WindowParams } from './kernels.ts'

/** A window along one axis. */
export interface Axis {
  readonly results: number
  readonly size: number
  readonly taps: number
  readonly stride: number
  readonly dilation: number
  readonly padding: number
}

export const alongRows = (p: WindowParams): Axis => ({
  results: p.outHeight,
  size: p.inHeight,
  taps: p.kernelHeight,
  stride: p.strideY,
  dilation: p.dilationY,
  padding: p.padTop,
})

export const alongColumns = (p: WindowParams): Axis => ({
  results: p.outWidth,
  size: p.inWidth,
  taps: p.kernelWidth,
  stride: p.strideX,
  dilation: p.dilationX,
  padding: p.padLeft,
})

/** Rows and columns exchanged, which moves nothing in memory where an image is one row or one column. */
export const turned = (p: WindowParams): WindowParams => ({
  images: p.images,
  inHeight: p.inWidth,
  inWidth: p.inHeight,
  outHeight: p.outWidth,
  outWidth: p.outHeight,
  kernelHeight: p.kernelWidth,
  kernelWidth: p.kernelHeight,
  strideY: p.strideX,
  strideX: p.strideY,
  dilationY: p.dilationX,
  dilationX: p.dilationY,
  padTop: p.padLeft,
  padLeft: p.padTop,
  inRing: p.inWidth,
  outRing: p.outWidth,
})

/** How far the last window reaches. */
export const lastTap = ({ results, stride, padding, taps, dilation }: Axis): number =>
  (results - 1) * stride - padding + (taps - 1) * dilation

/** Whether every tap of every window lies inside the image, or at most so far `before` and `after` it. */
export const staysInside = (axis: Axis, before = 0, after = 0): boolean =>
  axis.padding <= before && lastTap(axis) < axis.size + after

export const isInside = (params: WindowParams): boolean =>
  staysInside(alongRows(params)) && staysInside(alongColumns(params))

/** Whether the first or the last window sees nothing of the image. */
export const mayMiss = (axis: Axis): boolean =>
  axis.padding > (axis.taps - 1) * axis.dilation || (axis.results - 1) * axis.stride - axis.padding >= axis.size
