import { wordsFor } from '../../../ir/bits.ts'
import type { ConvolutionParams } from '../../../plan/kernels.ts'
import type { Buffer, Call } from '../../../plan/plan.ts'
import { alongColumns, alongRows, isInside, staysInside } from '../../../plan/windows.ts'
import { indexText, linear, vectorType } from '../names.ts'
import { arrangeFilters, arrangeSigns, chooseTile, type FilterShape, QUAD, type Tile } from './arrange.ts'
import { resultContext } from './elementwise.ts'
import { type Binder, createBinder, type Layer, type Scope, sampleStride, unbound } from './layer.ts'
import { commentOf, dataOf, valueFunction } from './value.ts'
import { tapCount, tapSteps, windowContext, windowTitle } from './windows.ts'

/** Names that a tiled kernel declares besides its buffers. */
const namesOf = ({ name }: Scope) => ({
  filters: name('filters'),
  finish: name('finish'),
  xs: name('xs'),
  ws: name('ws'),
  inside: name('inside'),
  parts: name('parts'),
})

type Convolution = Call<'conv2d' | 'binaryConv2d'>

/** What differs between sums of products and counts of unlike bits. */
interface Arithmetic {
  readonly binary: boolean
  /** Elements or words of one tap of one group. */
  readonly depth: number
  /** Type in workgroup memory, and of an accumulator there. */
  readonly type: 'f32' | 'u32'
}

const arithmeticOf = ({ kernel, params }: Convolution): Arithmetic =>
  kernel === 'binaryConv2d'
    ? { binary: true, depth: wordsFor(params.channels), type: 'u32' }
    : { binary: false, depth: params.channels, type: 'f32' }

export function convolutionLayer(call: Convolution, scope: Scope): Layer {
  const { params, buffers, store } = call
  const straddles = store.result === 'bit' && params.groups > 1 && (params.filters / params.groups) % 32 !== 0
  // Tiles that would hold mostly nothing: a depthwise convolution has one filter in a group.
  const thin = params.groups > 1 && params.filters / params.groups < QUAD
  const fixed = buffers.weights.place.kind === 'constant' && buffers.x.place.kind !== 'constant'
  return straddles || thin || !fixed ? directLayer(call, scope) : tiledLayer(call, scope)
}

function titleOf(call: Convolution, how: string): string {
  const { inHeight, inWidth, channels, groups, outHeight, outWidth, filters } = call.params
  const kind = call.kernel === 'binaryConv2d' ? 'Binary' : 'Float'
  const shapes = `[${inHeight}][${inWidth}][${groups * channels}] to [${outHeight}][${outWidth}][${filters}]`
  return commentOf(
    call,
    `${kind} convolution ${windowTitle(call.params)}${groups > 1 ? `, ${groups} groups` : ''}: ${shapes}. ${how}`,
  )
}

/** Sums for a tile of pixels × filters, window and filters going through workgroup memory in chunks of the depth. */
function tiledLayer(call: Convolution, scope: Scope): Layer {
  const { params, store } = call
  const { groups, images, outHeight, outWidth } = params
  const { binary, depth, type } = arithmeticOf(call)
  const { top, left, inHeight, inWidth, kernelWidth, tapRow, tapColumn } = windowContext(params)
  const filters = params.filters / groups
  const window = params.kernelHeight * params.kernelWidth * depth
  const bits = store.result === 'bit'
  const pixels = images * outHeight * outWidth
  const tile = chooseTile(pixels, filters, window, bits)
  const tileQuads = tile.deep * tile.quads
  const binder = createBinder(scope)
  const x = binder.read('x', call.buffers.x)
  const weights = bindWeights(call, binder, { groups, filters, depth: window }, binary)
  const aligned = groups === 1 || filters % QUAD === 0
  const position = ['row', 'column', 'channel']
  const value = valueFunction(call, position, scope, binder, 3, aligned ? 'aligned four' : 'four')
  const filterTiles = Math.ceil(filters / (tileQuads * QUAD))
  const padded = !isInside(params)
  const whole = params.filters % QUAD === 0 && aligned && (store.result === 'f32' || store.result === 'i32')
  const squares = Array.from({ length: QUAD }, (_, pixel) => ({ pixel, of: 'xyzw'[pixel]! }))
  const quadsOfInvocation = Array.from({ length: tile.quads }, (_, quad) => ({ quad, at: quad * tile.deep }))
  return {
    ...unbound('wgsl/kernels/convolution-tiled.wgsl', {
      ...{ top, left, inHeight, inWidth, kernelWidth, tapRow, tapColumn },
      ...fetchContext(params, depth, window, tile, padded),
      ...tile,
      ...weights,
      entry: scope.entry,
      comment: titleOf(call, `${QUAD * tile.across} pixels x ${QUAD * tileQuads} filters in a workgroup.`),
      threads: tile.across * tile.deep,
      tilePixels: tile.across * QUAD,
      tileQuads,
      tileWords: (tileQuads * QUAD) / 32,
      xsLength: tile.chunk * tile.across,
      wsLength: tile.chunk * tileQuads,
      partsLength: tile.across * QUAD * tileQuads,
      sums: squares.flatMap(square => quadsOfInvocation.map(each => ({ ...square, ...each }))),
      quadsOfInvocation,
      x,
      y: binder.write(call.y, whole ? vectorType[store.result] : undefined),
      valueText: value.text,
      sum: binary ? differencesText(params, scope) : 'sums',
      value: `${value.name}(a, sample, ${position.join(', ')})`,
      names: namesOf(scope),
      vector: type === 'f32' ? 'vec4f' : 'vec4u',
      binary,
      masked: binary && padded,
      bits,
      whole,
      uneven: filters % QUAD !== 0,
      pixels,
      rowOfPixel: outHeight * images === 1 ? '0' : `pixel / ${outWidth} % ${images * outHeight}`,
      grouped: groups > 1,
      channel: groups > 1 ? `group * ${filters} + first` : 'first',
      weightRow: groups > 1 ? `(group * ${window} + k)` : 'k',
      filterTiles,
      load: loadText(call.buffers.x, binary),
      filters,
      allFilters: params.filters,
      quadsOfPixel: params.filters / QUAD,
      words: wordsFor(params.filters),
      groupWord: groups > 1 ? ` + group * ${filters / 32}` : '',
      groupWords: wordsFor(filters),
      quads: Math.ceil(filters / QUAD),
      lastQuad: Math.ceil(filters / QUAD) - 1,
    }),
    bindings: binder.all(),
    grid: { items: pixels, group: tile.across * QUAD, rows: groups * filterTiles },
  }
}

/** How windows of four pixels are read. */
function fetchContext(params: ConvolutionParams, depth: number, window: number, { chunk }: Tile, padded: boolean) {
  const { groups, inHeight, inWidth, outHeight, outWidth, strideY, strideX, dilationY, dilationX } = params
  const pitch = groups * depth
  const rowLength = inWidth * pitch
  const ragged = window % chunk !== 0
  const sameSize = inHeight === outHeight && inWidth === outWidth
  return {
    window,
    ragged,
    padded,
    checked: padded || ragged,
    inWindow: ragged ? ` & vec4<bool>(base + k < ${window})` : '',
    pointwise: sameSize && !padded && strideX * strideY * params.kernelHeight * params.kernelWidth === 1,
    pointOffset: `base + k${groups > 1 ? ` + group * ${depth}` : ''}`,
    topOf4: outHeight === 1 ? `vec4i(${-params.padTop})` : linear(`row_of_4 % ${outHeight}`, strideY, -params.padTop),
    leftOf4: linear(`pixel_of_4 % ${outWidth}`, strideX, -params.padLeft),
    pitch,
    rowLength,
    imageLength: inHeight * rowLength,
    outWidth,
    outHeight,
    groupDepth: depth,
    tapOffset: indexText(
      ['ky', 'kx', depth === 1 ? '0' : `(base + k) % ${depth}`, 'group'],
      [dilationY * rowLength, dilationX * pitch, depth === 1 ? 0 : 1, groups > 1 ? depth : 0],
    ),
  }
}

/** Sums of products from how many bits differ: that many of the products inside the image were -1. */
function differencesText(params: ConvolutionParams, scope: Scope): string {
  const { kernelHeight, kernelWidth, channels } = params
  const [rows, columns] = [alongRows(params), alongColumns(params)]
  const fixed = channels * (staysInside(rows) ? kernelHeight : 1) * (staysInside(columns) ? kernelWidth : 1)
  const products = [
    `${fixed}`,
    ...(staysInside(rows) ? [] : [tapCount('top', rows, scope)]),
    ...(staysInside(columns) ? [] : [tapCount('left', columns, scope)]),
  ].join(' * ')
  return `vec4i(${products}) - 2 * vec4i(sums)`
}

const loadText = ({ element }: Buffer, binary: boolean): { open: string; close: string } =>
  !binary && element !== 'f32' ? { open: 'f32(', close: ')' } : { open: '', close: '' }

function bindWeights(
  { buffers: { weights }, params }: Convolution,
  binder: Binder,
  shape: FilterShape,
  binary: boolean,
) {
  if (weights.element === 'u32' && !binary) {
    const data = arrangeSigns(dataOf(weights) as Uint32Array, shape, params.channels)
    const key = `${weights.name} signs of ${shape.groups}`
    return {
      weights: binder.readArranged('weights', { key, data }, 'u32'),
      signs: true,
      signWords: Math.ceil(shape.filters / 32),
    }
  }
  const key = `${weights.name} quads of ${shape.groups}`
  const type = weights.element === 'u32' ? 'vec4u' : 'vec4f'
  const data = arrangeFilters(dataOf(weights), shape)
  return { weights: binder.readArranged('weights', { key, data }, type), signs: false, signWords: 0 }
}

/** One invocation for each result, or word of results, straight from the neutral weights. */
function directLayer(call: Convolution, scope: Scope): Layer {
  const { params, buffers } = call
  const { groups, images, outHeight, outWidth, filters, kernelHeight, kernelWidth } = params
  const { binary, depth, type } = arithmeticOf(call)
  const binder = createBinder(scope)
  const x = binder.read('x', buffers.x)
  const weights = binder.read('weights', buffers.weights)
  const sizes = [images * outHeight, outWidth, filters]
  const { grid, names, ...context } = resultContext(call, sizes, scope, binder, 3)
  const count = () => `${tapCount('top', alongRows(params), scope)} * ${tapCount('left', alongColumns(params), scope)}`
  const signs = !binary && buffers.weights.element === 'u32'
  const weightDepth = buffers.weights.element === 'u32' ? wordsFor(params.channels) : params.channels
  const weightAt = ['sample', 'channel', 'ky', 'kx']
  const taps = kernelHeight * kernelWidth * weightDepth
  const weightSteps = [sampleStride(buffers.weights), taps, ...tapSteps(params, weightDepth)]
  return {
    ...unbound('wgsl/kernels/convolution-direct.wgsl', {
      ...windowContext(params),
      ...context,
      comment: titleOf(call, ''),
      summed: scope.name('summed'),
      arguments: ['sample', ...names].join(', '),
      x,
      weights,
      binary,
      signs,
      type: binary ? 'i32' : 'f32',
      start: type === 'f32' ? '0.0f' : '0u',
      depth,
      load: loadText(buffers.x, binary),
      from: indexText(
        ['sample', 'image_row + y', 'x', groups === 1 ? '0' : `channel / ${filters / groups}`],
        [sampleStride(buffers.x), params.inWidth * groups * depth, groups * depth, groups === 1 ? 0 : depth],
      ),
      tap: indexText(weightAt, weightSteps),
      sum: binary ? `${params.channels} * ${count()} - 2 * i32(a)` : 'a',
    }),
    bindings: binder.all(),
    grid,
  }
}
