import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { prices } from '../../../src/backends/wasm/costs.ts'
import { PARTS, type Prices, partsOf, weighTables } from '../../../src/backends/wasm/layers/tiles.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-costs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const params = {
  ...{ images: 1, inHeight: 16, inWidth: 16, outHeight: 16, outWidth: 16, outRing: 16, groups: 1, filters: 192 },
  ...{ channels: 96, words: 3, kernelHeight: 5, kernelWidth: 5, padTop: 2, padLeft: 2 },
  ...{ strideX: 1, strideY: 1, dilationX: 1, dilationY: 1, inRing: 16 },
} as Parameters<typeof weighTables>[0]
const weighed = (given: Partial<Prices>, room = 1 << 20) => weighTables(params, [16], room, { ...prices, ...given })

describe('the cost table of WASM', () => {
  it('is what a layer is chosen by: counting where tables are dear, and larger tables where making them is cheap', () => {
    expect(weighed({ counting: 0 }).tile).toBeUndefined()
    expect(weighed({ counting: 1e6 }).tile).toBeDefined()
    const [cheap, dear] = [0, 100].map(making => weighed({ counting: 1e6, making }).tile!.bits)
    expect(cheap).toBeGreaterThan(dear!)
  })

  it('decides for the least cost', () => {
    const { tile, strategies } = weighed({})
    const parts = partsOf(tile!, params, [16])
    const cost = PARTS.reduce((sum, part) => sum + prices[part] * parts[part], 0)
    expect(strategies[0].instructions).toBe(Math.round(cost))
    expect(strategies[1]!.instructions).toBeGreaterThan(cost)
    // What other prices or less memory lead to costs no less by these.
    for (const other of [weighed({ making: 9 }), weighed({ storing: 9 }), weighed({}, 40_000)]) {
      const its = partsOf(other.tile!, params, [16])
      expect(PARTS.reduce((sum, part) => sum + prices[part] * its[part], 0)).toBeGreaterThanOrEqual(cost)
    }
  })

  it('is written by the script that measures it', () => {
    const out = join(folder, 'costs.ts')
    const script = join(import.meta.dirname, '../../../scripts/costs.js')
    const { status, stderr } = spawnSync(process.execPath, [script, '--milliseconds', '1', '--out', out])
    expect(`${stderr}`).toBe('')
    expect(status).toBe(0)
    const text = readFileSync(out, 'utf8')
    for (const part of ['counting', ...PARTS]) expect(text).toMatch(new RegExp(` ${part}: \\d+(\\.\\d+)?[, ]`))
  })
})
