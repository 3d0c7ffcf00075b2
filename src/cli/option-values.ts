import { InvalidArgumentError } from 'commander'
import { type Isa, isas, vectorIsas } from '../backends/backend.ts'
import { type MachineName, machineNames } from '../run/machines.ts'

export function positiveInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('A whole number above 0 is needed.')
  return value
}

/** `h=224,w=224` */
export function axisSizes(text: string): Record<string, number> {
  const pairs = text.split(',').map(part => /^(.+)=(\d+)$/.exec(part.trim()))
  return Object.fromEntries(
    pairs.map(pair => {
      if (!pair) throw new InvalidArgumentError('Sizes by the names of axes are needed: h=224,w=224.')
      return [pair[1]!, positiveInteger(pair[2]!)]
    }),
  )
}

/** `0.4914,0.4822,0.4465` */
export function numberList(text: string): number[] {
  const values = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!values.every(Number.isFinite)) throw new InvalidArgumentError('Numbers separated by commas are needed.')
  return values
}

/** `auto`, `all`, or names of nodes separated by commas. */
export function layerList(text: string): 'auto' | 'all' | string[] {
  if (text === 'auto' || text === 'all') return text
  const names = text.split(',').map(name => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('auto, all, or names of nodes separated by commas are needed.')
  return names
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is needed.')
  return Number(text)
}

export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('A number above 0 is needed.')
  return value
}

/** `sse4,avx2`; `none` or `portable` for portable code only, which is always there. In the order of `isas`. */
export function isaList(text: string): Isa[] {
  if (text === 'none') return []
  const names = text.split(',').map(name => name.trim())
  const unknown = names.find(name => !isas.some(isa => isa === name))
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no '${unknown}'; a list of ${vectorIsas.join(',')} is needed, or none.`)
  return isas.filter(isa => isa !== 'portable' && names.includes(isa))
}

/** `aarch64,armv7` */
export const machineList = (text: string): MachineName[] =>
  text.split(',').map(part => {
    const name = machineNames.find(each => each === part.trim())
    if (!name) throw new InvalidArgumentError(`There is no '${part.trim()}'; a list of ${machineNames} is needed.`)
    return name
  })

export const sizeList = (text: string): number[] => text.split(',').map(positiveInteger)

/** `0,17`: every index once. */
export const indexList = (text: string): number[] => [...new Set(text.split(',').map(part => wholeNumber(part.trim())))]

/** `65536`, `64k`, `1M`, in bytes. */
export function byteCount(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([kKmM]?)$/.exec(text) ?? []
  const bytes = Number(digits) * { '': 1, k: 1024, m: 1024 * 1024 }[unit.toLowerCase()]!
  if (!Number.isSafeInteger(bytes) || bytes < 1)
    throw new InvalidArgumentError('A number of bytes above 0 is needed: 65536, 64k or 1M.')
  return bytes
}
