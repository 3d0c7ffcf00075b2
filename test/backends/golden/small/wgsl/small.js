// Runs small on a GPU; made by xnorc 0.0.0 (--target wgsl).

const inputs = [
  { name: 'image', dtype: 'f32', shape: [1, 6, 6, 2], length: 72 },
]

const outputs = [
  { name: 'logits', dtype: 'f32', shape: [1, 1, 1, 3], length: 3 },
]

// GPU buffers: bytes of one sample, or of all where samples do not matter.
const buffers = [
  { name: 'image', kind: 'input', bytes: 288 },
  { name: 'logits', kind: 'output', bytes: 16 },
  { name: 'features_0_Conv_out', kind: 'scratch', bytes: 576 },
  { name: 'features_2_MaxPool_out', kind: 'scratch', bytes: 48 },
  { name: 'constant_0_weight quads of 1', kind: 'constant', bytes: 288, offset: 0 },
  { name: 'bias', kind: 'constant', bytes: 16, offset: 288 },
  { name: 'threshold', kind: 'constant', bytes: 16, offset: 304 },
  { name: 'constant_3_weight quads of 1', kind: 'constant', bytes: 288, offset: 320 },
  { name: 'constant_3_limit', kind: 'constant', bytes: 32, offset: 608 },
  { name: 'fc_weight quads of 1', kind: 'constant', bytes: 144, offset: 640 },
  { name: 'alpha', kind: 'constant', bytes: 16, offset: 784 },
]

// In order. Buffers are bound in the order read, written; samples * items / group workgroups run, times rows.
const kernels = [
  { entry: 'features_0_Conv_main', nodes: '/features/0/Conv', reads: [0, 4, 5], writes: [2], items: 36, group: 64, rows: 1 },
  { entry: 'features_2_MaxPool_main', nodes: '/features/2/MaxPool', reads: [2, 6], writes: [3], items: 9, group: 64, rows: 1 },
  { entry: 'features_3_Conv_main', nodes: '/features/3/Conv', reads: [3, 7, 8], writes: [2], items: 9, group: 64, rows: 1 },
  { entry: 'fc_Gemm_main', nodes: '/fc/Gemm', reads: [2, 9, 10], writes: [1], items: 1, group: 64, rows: 1 },
]

// Lookups in tables, which a wrong index stops.
const gathers = [
]

const ARRAYS = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array, i64: BigInt64Array, bit: Uint32Array }
const WORDS = { f32: 1, i32: 1, u8: 1, i8: 1, i64: 2, bit: 1 }
const MOST_WORKGROUPS = 65535

/** Makes all pipelines and buffers. */
export async function load(options = {}) {
  const { maxBatch = 1 } = options
  if (!Number.isInteger(maxBatch) || maxBatch < 1) throw new RangeError(`maxBatch is ${maxBatch}, expected 1 or more`)
  const device = options.device ?? (await requestDevice(maxBatch))
  const batch = fittingBatch(device.limits, maxBatch)
  const [code, weights] = await Promise.all([
    options.wgsl ?? readFile('small.wgsl').then(bytes => new TextDecoder().decode(bytes)),
    options.weights ?? readFile('small.bin'),
  ])
  const wanted = Math.max(0, ...buffers.map(({ bytes, offset }) => (offset ?? -bytes) + bytes))
  if (weights.byteLength !== wanted)
    throw new TypeError(`weights have ${weights.byteLength} bytes, expected ${wanted}: small.bin of another model?`)
  device.pushErrorScope('out-of-memory')
  const memory = buffers.map(buffer => makeBuffer(device, buffer, batch, weights))
  const samples = device.createBuffer({ label: 'samples', size: 16, usage: GPU_UNIFORM | GPU_COPY_DST })
  const full = await device.popErrorScope()
  if (full) throw new Error(`small does not fit into the GPU's memory: ${full.message}`)
  const steps = await makeSteps(device, code, memory)
  return new Model(device, batch, maxBatch, memory, samples, steps)
}

// Values of GPUBufferUsage and GPUMapMode, which not every host has as globals.
const GPU_MAP_READ = 0x1
const GPU_COPY_SRC = 0x4
const GPU_COPY_DST = 0x8
const GPU_UNIFORM = 0x40
const GPU_STORAGE = 0x80
const GPU_QUERY_RESOLVE = 0x200
const MAP_READ = 1
const VISIBLE_TO_COMPUTE = 4

async function requestDevice(maxBatch) {
  const gpu = globalThis.navigator?.gpu
  if (!gpu) throw new Error('no WebGPU here: navigator.gpu is missing. Pass a GPUDevice as options.device.')
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw new Error('WebGPU has no adapter: no GPU, or its driver is blocked')
  const largest = Math.max(...buffers.map(buffer => bytesFor(buffer, maxBatch)))
  const limit = (name, standard) => Math.min(adapter.limits[name], Math.max(largest, standard))
  return adapter.requestDevice({
    label: 'small',
    requiredLimits: {
      maxStorageBufferBindingSize: limit('maxStorageBufferBindingSize', 128 * 2 ** 20),
      maxBufferSize: limit('maxBufferSize', 256 * 2 ** 20),
    },
    requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
  })
}

const isPerSample = ({ kind }) => kind === 'input' || kind === 'output' || kind === 'scratch'
const bytesFor = (buffer, batch) => buffer.bytes * (isPerSample(buffer) ? batch : 1)

/** How many samples, at most `wanted`, the device takes at a time. */
function fittingBatch(limits, wanted) {
  const most = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize)
  for (const { name, bytes } of buffers)
    if (bytes > most)
      throw new RangeError(`buffer '${name}' of small needs ${bytes} bytes, this device allows ${most}`)
  const results = buffers.reduce((sum, { kind, bytes }) => sum + (kind === 'output' ? bytes : 0), 256)
  const perSample = Math.max(...buffers.filter(isPerSample).map(({ bytes }) => bytes))
  return Math.min(wanted, Math.floor(most / perSample), Math.floor((limits.maxBufferSize - 256) / results) || 1)
}

function makeBuffer(device, buffer, batch, weights) {
  const { name, kind, bytes, offset } = buffer
  const size = Math.max(16, bytesFor(buffer, batch))
  const made = device.createBuffer({ label: name, size, usage: GPU_STORAGE | GPU_COPY_DST | GPU_COPY_SRC })
  if (kind === 'constant') {
    const start = (weights.byteOffset ?? 0) + offset
    device.queue.writeBuffer(made, 0, weights.buffer ?? weights, start, bytes)
  }
  return made
}

/** Compiles every kernel at the same time. */
async function makeSteps(device, code, memory) {
  const module = device.createShaderModule({ label: 'small.wgsl', code })
  const shared = device.createBindGroupLayout({
    label: 'samples',
    entries: [{ binding: 0, visibility: VISIBLE_TO_COMPUTE, buffer: { type: 'uniform' } }],
  })
  const pipelines = kernels.map(async kernel => {
    const { entry, nodes, reads, writes } = kernel
    const label = `${entry} (${nodes})`
    const types = [...reads.map(() => 'read-only-storage'), ...writes.map(() => 'storage')]
    const layout = device.createBindGroupLayout({
      label,
      entries: types.map((type, binding) => ({ binding, visibility: VISIBLE_TO_COMPUTE, buffer: { type } })),
    })
    const pipeline = await device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [shared, layout] }),
      compute: { module, entryPoint: entry },
    })
    const entries = [...reads, ...writes].map((at, binding) => ({ binding, resource: { buffer: memory[at] } }))
    return { kernel, pipeline, group: device.createBindGroup({ label, layout, entries }) }
  })
  return { shared, kernels: await Promise.all(pipelines) }
}

class Model {
  inputs = inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }))
  outputs = outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }))
  #device
  #batch
  #maxBatch
  #memory
  #samples
  #steps
  #group
  #lost
  #destroyed = false
  // Buffers that results are read from; a run takes one that no other run waits for, or makes one.
  #idle = []
  #staging = []

  constructor(device, batch, maxBatch, memory, samples, steps) {
    this.#device = device
    this.#batch = batch
    this.#maxBatch = maxBatch
    this.#memory = memory
    this.#samples = samples
    this.#steps = steps
    this.#group = device.createBindGroup({
      label: 'samples',
      layout: steps.shared,
      entries: [{ binding: 0, resource: { buffer: samples } }],
    })
    device.lost.then(info => {
      this.#lost = info
    })
  }

  /** Computes the outputs of 1 to maxBatch samples. Everything is submitted before the first await. */
  async run(feeds) {
    this.#mustLive()
    const count = checkFeeds(feeds, this.#maxBatch)
    const results = outputs.map(({ dtype, length }) => new ARRAYS[dtype](length * count))
    const parts = []
    for (let first = 0; first < count; first += this.#batch)
      parts.push(this.#submit(feeds, first, Math.min(this.#batch, count - first), results))
    const settled = await Promise.allSettled(parts)
    const failed = settled.find(({ status }) => status === 'rejected')
    if (failed) throw failed.reason
    return Object.fromEntries(outputs.map(({ name }, k) => [name, results[k]]))
  }

  /** Microseconds of every kernel in one run of one device batch at most; needs the feature timestamp-query. */
  async time(feeds) {
    this.#mustLive()
    const device = this.#device
    if (!device.features.has('timestamp-query')) throw new Error('the device was made without timestamp-query')
    const count = Math.min(checkFeeds(feeds, this.#maxBatch), this.#batch)
    const queries = device.createQuerySet({ type: 'timestamp', count: 2 * kernels.length })
    const size = 16 * kernels.length
    const resolved = device.createBuffer({ size, usage: GPU_QUERY_RESOLVE | GPU_COPY_SRC })
    const staging = device.createBuffer({ size, usage: GPU_MAP_READ | GPU_COPY_DST })
    this.#upload(feeds, 0, count)
    const encoder = device.createCommandEncoder({ label: 'small timed' })
    this.#steps.kernels.forEach((step, k) => {
      const timestampWrites = { querySet: queries, beginningOfPassWriteIndex: 2 * k, endOfPassWriteIndex: 2 * k + 1 }
      const pass = encoder.beginComputePass({ timestampWrites })
      this.#dispatch(pass, step, count)
      pass.end()
    })
    encoder.resolveQuerySet(queries, 0, 2 * kernels.length, resolved, 0)
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(MAP_READ)
    const ticks = new BigUint64Array(staging.getMappedRange().slice(0))
    for (const buffer of [resolved, staging, queries]) buffer.destroy()
    return kernels.map(({ entry, nodes }, k) => ({
      kernel: entry,
      nodes,
      microseconds: Number(ticks[2 * k + 1] - ticks[2 * k]) / 1000,
    }))
  }

  /** Frees all GPU memory; the device stays. */
  destroy() {
    this.#destroyed = true
    for (const buffer of [...this.#memory, this.#samples, ...this.#staging]) buffer.destroy()
  }

  #mustLive() {
    if (this.#destroyed) throw new Error('small was destroyed')
    if (this.#lost) throw lostError(this.#lost)
  }

  async #submit(feeds, first, count, results) {
    const device = this.#device
    this.#upload(feeds, first, count)
    const encoder = device.createCommandEncoder({ label: 'small' })
    const flags = buffers.findIndex(({ kind }) => kind === 'faults')
    if (flags >= 0) encoder.clearBuffer(this.#memory[flags])
    const pass = encoder.beginComputePass({ label: 'small' })
    for (const step of this.#steps.kernels) this.#dispatch(pass, step, count)
    pass.end()
    const staging = this.#idle.pop() ?? this.#makeStaging()
    let end = 0
    const places = buffers.map((buffer, k) => {
      if (buffer.kind !== 'output' && buffer.kind !== 'faults') return undefined
      const place = end
      encoder.copyBufferToBuffer(this.#memory[k], 0, staging, place, bytesFor(buffer, count))
      end += bytesFor(buffer, count)
      return place
    })
    device.queue.submit([encoder.finish()])
    try {
      await staging.mapAsync(MAP_READ, 0, end)
    } catch (error) {
      const info = this.#lost ?? (await Promise.race([device.lost, Promise.resolve(undefined)]))
      if (info) throw lostError(info)
      throw this.#destroyed ? new Error('small was destroyed during a run') : error
    }
    const mapped = staging.getMappedRange(0, end)
    const fault = flags < 0 ? undefined : findFault(new Uint32Array(mapped, places[flags], gathers.length), feeds, first)
    if (!fault)
      outputs.forEach((output, k) => {
        takeResult(output, mapped, places[inputs.length + k], count, results[k], first)
      })
    staging.unmap()
    this.#idle.push(staging)
    if (fault) throw fault
  }

  #upload(feeds, first, count) {
    const { queue } = this.#device
    queue.writeBuffer(this.#samples, 0, new Int32Array([count]))
    inputs.forEach((input, k) => {
      const { length, name } = input
      const part = feeds[name].subarray(first * length, (first + count) * length)
      const words = toWords(input, part)
      // Padding at the end of a sample is never read; samples lie without gaps.
      queue.writeBuffer(this.#memory[k], 0, words.buffer, words.byteOffset, words.byteLength)
    })
  }

  #dispatch(pass, { kernel, pipeline, group }, count) {
    const groups = Math.ceil((count * kernel.items) / kernel.group)
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, this.#group)
    pass.setBindGroup(1, group)
    pass.dispatchWorkgroups(Math.min(groups, MOST_WORKGROUPS), kernel.rows, Math.ceil(groups / MOST_WORKGROUPS))
  }

  #makeStaging() {
    const size = buffers.reduce(
      (sum, buffer) => sum + (buffer.kind === 'output' || buffer.kind === 'faults' ? bytesFor(buffer, this.#batch) : 0),
      0,
    )
    const staging = this.#device.createBuffer({ label: 'results', size, usage: GPU_MAP_READ | GPU_COPY_DST })
    this.#staging.push(staging)
    return staging
  }
}

const lostError = ({ reason, message }) => new Error(`the GPU device was lost (${reason}): ${message}`)

/** Number of samples in the feeds; a TypeError says what was expected instead. */
function checkFeeds(feeds, maxBatch) {
  const known = inputs.map(({ name }) => name)
  if (typeof feeds !== 'object' || feeds === null) throw new TypeError(`expected an object with ${known.join(', ')}`)
  for (const name of Object.keys(feeds))
    if (!known.includes(name)) throw new TypeError(`no input '${name}', expected ${known.join(', ')}`)
  let samples = 0
  for (const { name, dtype, shape, length } of inputs) {
    const array = ARRAYS[dtype].name + (dtype === 'i64' ? ' or Int32Array' : '')
    const expected = `input '${name}': expected ${array} of ${length} (${dtype} [${shape}]) for each of 1 to ${maxBatch} samples`
    const feed = feeds[name]
    const fits = feed instanceof ARRAYS[dtype] || (dtype === 'i64' && feed instanceof Int32Array)
    if (!fits) throw new TypeError(`${expected}, got ${feed?.constructor?.name ?? feed}`)
    const count = feed.length / length
    if (!Number.isInteger(count) || count < 1 || count > maxBatch)
      throw new TypeError(`${expected}, got ${feed.length} values`)
    if (samples !== 0 && count !== samples)
      throw new TypeError(`${expected}, got ${count} samples where '${inputs[0].name}' has ${samples}`)
    samples = count
  }
  return samples || 1
}

/** How a feed lies on the GPU: bytes one to a word, 64-bit integers low word first. */
function toWords({ dtype }, feed) {
  if (dtype === 'u8') return Uint32Array.from(feed)
  if (dtype === 'i8') return Int32Array.from(feed)
  if (dtype === 'i64' && feed instanceof Int32Array) return BigInt64Array.from(feed, BigInt)
  return feed
}

function takeResult({ dtype, length }, mapped, place, count, result, first) {
  const words = length * count * WORDS[dtype]
  if (dtype === 'u8') result.set(new Uint32Array(mapped, place, words), first * length)
  else {
    const bytes = new Uint8Array(mapped, place, 4 * words)
    new Uint8Array(result.buffer).set(bytes, first * length * WORDS[dtype] * 4)
  }
}

/** The error for the first gather whose flag is set. */
function findFault(flags, feeds, first) {
  const k = flags.findIndex(flag => flag !== 0)
  if (k < 0) return undefined
  const { nodes, input, length, count, rows } = gathers[k]
  const at = Math.floor((flags[k] - 1) / length)
  const index = input === undefined ? '' : ` ${feeds[input][first * count + at]} of '${input}'`
  return new RangeError(
    `${nodes}: index${index} at ${at % count} of sample ${first + Math.floor(at / count)} is outside the table of ${rows} rows`,
  )
}

/** A file beside this one. */
async function readFile(name) {
  const url = new URL(name, import.meta.url)
  if (url.protocol === 'file:' && globalThis.process?.versions?.node) {
    const node = 'node:fs/promises'
    const fs = await import(/* @vite-ignore */ node)
    return fs.readFile(url)
  }
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  return new Uint8Array(await response.arrayBuffer())
}
