import { wordsFor } from '../../ir/bits.ts'
import type { ConvolutionParams } from '../kernels.ts'
import type { Call } from '../plan.ts'
import { arrangeFilters, arrangeSigns, blocksFor, lanesFor, signLanesFor } from './arrange.ts'
import type { Data, Layout } from './constants.ts'
import { commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { linear, times } from './names.ts'
import { imageVariables, pixelStart, resultTitle, windowContext, windowTitle } from './windows.ts'

/** How one kind of convolution adds up a run of x against a block of filters. */
interface Adder {
  readonly name: string
  readonly layout: Layout
  readonly lanes: number
  /** Elements of x in a tap, and weights of a block in a tap. */
  readonly depth: number
  readonly tapSize: number
}

export function convolutionLayer(call: Call<'conv2d' | 'binaryConv2d'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { filters, groups, channels, kernelHeight, kernelWidth } = params
  const { name, layout, lanes, depth, tapSize } = adderOf(call)
  const perGroup = filters / groups
  const blocks = blocksFor({ filters, groups, lanes })
  const binary = call.kernel === 'binaryConv2d'
  // Taps side by side in x are side by side in the weights too: one run covers a row of the kernel.
  const contiguous = groups === 1 && params.dilationX === 1
  const mismatches = `${channels} * (ky_end - ky_first) * (kx_end - kx_first) - 2 * mismatches[lane]`
  const window = windowContext(params, call, filters)
  const context = {
    ...window,
    yElement: window.yPixel,
    comment: commentOf(call, titleOf(params, binary, resultTitle(call)), scope),
    weights: scope.constants.symbolOf(buffers.weights, layout),
    adder: name,
    lanes,
    blocks: blocks * groups,
    first: groups === 1 ? linear('block', lanes, 0) : `block / ${blocks} * ${perGroup} + block % ${blocks} * ${lanes}`,
    contiguous,
    xStart: contiguous
      ? pixelStart(params, 'kx_first', depth)
      : `${pixelStart(params, 'kx', groups * depth)}${groups === 1 ? '' : ` + block / ${blocks} * ${depth}`}`,
    tap: times(`(${times('block', kernelHeight)} + ky)`, kernelWidth),
    tapStart: times('tap', tapSize),
    run: contiguous ? runText(depth) : `${depth}`,
    laneCount: laneCount(perGroup, lanes, groups === 1 ? 'block' : `block % ${blocks}`),
    sums: binary ? 'mismatches' : 'sums',
    sumType: binary ? 'int32_t' : 'float',
    sum: binary ? mismatches : 'sums[lane]',
    value: storeText(store, imageVariables, scope),
  }
  return { template: 'c/kernels/conv2d.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}

const runText = (depth: number): string => (depth === 1 ? 'kx_end - kx_first' : `(kx_end - kx_first) * ${depth}`)

function adderOf({ kernel, params, buffers }: Call<'conv2d' | 'binaryConv2d'>): Adder {
  const { filters, groups, channels, kernelHeight, kernelWidth } = params
  const bits = buffers.weights.element === 'u32'
  const signs = kernel === 'conv2d' && bits
  const lanes = signs ? signLanesFor(filters / groups) : lanesFor(filters / groups)
  const depth = kernel === 'binaryConv2d' ? wordsFor(channels) : channels
  const shape = { filters, groups, taps: kernelHeight * kernelWidth, depth, lanes }
  const suffix = buffers.x.element === 'u8' ? '_u8' : ''
  const count = groups * blocksFor(shape)
  const size = `[${count} block${count === 1 ? '' : 's'}][${kernelHeight}][${kernelWidth}][${depth}]`
  if (signs) {
    const arrange = (data: Data): Data => arrangeSigns(data as Uint32Array, shape)
    const layout = { layout: `${size}, a bit for each of ${lanes} filters`, arrange }
    return { name: `accumulate_signs${suffix}_${lanes}`, layout, lanes, depth, tapSize: depth }
  }
  const arrange = (data: Data): Data => arrangeFilters(data as Float32Array | Uint32Array, shape)
  const name = bits ? `count_mismatches_${lanes}` : `accumulate${suffix}_${lanes}`
  return { name, layout: { layout: `${size}[${lanes} filters]`, arrange }, lanes, depth, tapSize: depth * lanes }
}

/** Lanes of a block that are filters: all of them, or what is left for the last block. */
function laneCount(filters: number, lanes: number, block: string): string {
  const rest = filters % lanes
  return rest === 0 ? `${lanes}` : `(${block} == ${Math.floor(filters / lanes)} ? ${rest} : ${lanes})`
}

function titleOf(params: ConvolutionParams, binary: boolean, result: string): string {
  const { inHeight, inWidth, channels, groups, outHeight, outWidth, filters, kernelHeight, kernelWidth } = params
  const kind = binary ? 'Binary' : 'Float'
  const x = `[${inHeight}][${inWidth}][${groups * channels}]`
  if (kernelHeight === inHeight && kernelWidth === inWidth && outHeight * outWidth === 1)
    return `${kind} dense layer: ${x} to [${filters}] ${result}.`
  const grouped = groups > 1 ? `, ${groups} groups` : ''
  const kernel = `${kernelHeight}x${kernelWidth}${windowTitle(params)}${grouped}`
  return `${kind} convolution ${kernel}: ${x} to [${outHeight}][${outWidth}][${filters}] ${result}.`
}
