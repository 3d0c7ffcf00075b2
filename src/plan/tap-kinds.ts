import type { ConvolutionParams } from './kernels.ts'
import { type Axis, alongColumns, alongRows } from './windows.ts'

/** Taps of a window that lie inside the image: from `first` up to but without `end`. */
interface Inside {
  readonly first: number
  readonly end: number
}

/** The results along an axis by which taps of their windows lie inside: few kinds, most of them all taps. */
export interface TapKinds {
  readonly kinds: readonly Inside[]
  /** Of every result. */
  readonly kindOf: readonly number[]
}

function tapKinds({ results, size, taps, stride, dilation, padding }: Axis): TapKinds {
  const kinds: Inside[] = []
  const kindOf = Array.from({ length: results }, (_, result) => {
    const start = result * stride - padding
    const first = Math.min(taps, Math.max(0, Math.ceil(-start / dilation)))
    const end = Math.min(taps, Math.max(first, Math.ceil((size - start) / dilation)))
    const known = kinds.findIndex(kind => kind.first === first && kind.end === end)
    return known >= 0 ? known : kinds.push({ first, end }) - 1
  })
  return { kinds, kindOf }
}

/** What the sums of an integer convolution start at, by where the window lies: the offsets of the taps inside. */
export interface StartSums {
  readonly rows: TapKinds
  readonly columns: TapKinds
  /** [kinds of rows][kinds of columns][filters] */
  readonly values: Int32Array
}

/** `offsets`: [filters][kernel y][kernel x] */
export function startSums(offsets: Int32Array, params: ConvolutionParams): StartSums {
  const { filters, kernelHeight, kernelWidth } = params
  const [rows, columns] = [tapKinds(alongRows(params)), tapKinds(alongColumns(params))]
  const starts = rows.kinds.flatMap(row =>
    columns.kinds.flatMap(column =>
      Array.from({ length: filters }, (_, filter) => {
        let sum = 0
        for (let ky = row.first; ky < row.end; ky++)
          for (let kx = column.first; kx < column.end; kx++)
            sum += offsets[(filter * kernelHeight + ky) * kernelWidth + kx]!
        return sum
      }),
    ),
  )
  return { rows, columns, values: Int32Array.from(starts) }
}
