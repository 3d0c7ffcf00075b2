import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import { expect, test } from 'vitest'
import { readAligned } from '../../src/cli/read-aligned.ts'
import { decodeModel } from '../../src/frontend/model.ts'

const { onnx } = onnxProto

/** A model whose weights start at another place in the file for every name. */
const model = (name: string): Uint8Array =>
  onnx.ModelProto.encode({
    irVersion: 8,
    graph: { initializer: [{ name, dims: [300], dataType: 1, rawData: new Uint8Array(1200).fill(7) }] },
  }).finish()

test('the weights of a large file lie aligned, wherever they are in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-aligned-'))
  try {
    const places = new Set<number>()
    for (const name of ['w', 'ww', 'www', 'wwww']) {
      const bytes = model(name)
      places.add((await decodeModel(bytes)).graph.initializers[0]!.raw.byteOffset % 4)
      const path = join(folder, 'model.onnx')
      writeFileSync(path, bytes)
      const read = await readAligned(path, 1000)
      expect(Buffer.compare(read, bytes)).toBe(0)
      expect((await decodeModel(read)).graph.initializers[0]!.raw.byteOffset % 4).toBe(0)
    }
    expect(places.size).toBeGreaterThan(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a large file that is no model is read as it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-aligned-'))
  try {
    const bytes = new Uint8Array(1001).fill(255)
    writeFileSync(join(folder, 'model.onnx'), bytes)
    expect(Buffer.compare(await readAligned(join(folder, 'model.onnx'), 1000), bytes)).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
