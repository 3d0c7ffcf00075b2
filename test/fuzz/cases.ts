import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Culprit } from './bisect.ts'
import { describe, encode, type Network } from './network.ts'
import type { Fault } from './verdict.ts'

/** A network that once showed a fault, with its values, and what was seen. */
export interface Case {
  readonly found: Fault
  readonly pass?: string
  readonly rewrite?: number
  /** The network in words, line by line. */
  readonly text: readonly string[]
  readonly network: Network
}

/** JSON has no words for these numbers, nor for bytes. */
const words: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
}

const replacer = (_: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { number: Object.is(value, -0) ? '-0' : `${value}` }
  return value
}

const reviver = (_: string, value: unknown): unknown => {
  if (value === null || typeof value !== 'object') return value
  if ('bytes' in value && Object.keys(value).length === 1) return Uint8Array.from(value.bytes as number[])
  if ('number' in value && Object.keys(value).length === 1) return words[value.number as string]
  return value
}

/** Lists of numbers stay on one line. */
const onOneLine = (text: string): string =>
  text.replace(
    /\[\s+((?:-?[\d.e+-]+|"[\w.-]*")(?:,\s+(?:-?[\d.e+-]+|"[\w.-]*"))*)\s+\]/g,
    (_, list: string) => `[${list.replace(/,\s+/g, ', ').replace(/e\+/g, 'e')}]`,
  )

export const readCase = (path: string): Case => JSON.parse(readFileSync(path, 'utf8'), reviver) as Case

/** Writes NAME.json, and NAME.onnx beside it if asked for. Gives the path without an ending. */
export function writeCase(
  folder: string,
  name: string,
  network: Network,
  found: Fault,
  culprit: Culprit | undefined,
  withOnnx: boolean,
): string {
  mkdirSync(folder, { recursive: true })
  const where = culprit ? { pass: culprit.pass, rewrite: culprit.rewrite } : {}
  const content: Case = { found, ...where, text: describe(network).split('\n'), network }
  const path = join(folder, name)
  writeFileSync(`${path}.json`, `${onOneLine(JSON.stringify(content, replacer, 2))}\n`)
  if (withOnnx) writeFileSync(`${path}.onnx`, encode(network))
  return path
}

export const nameOf = (path: string): string => basename(path, '.json')
