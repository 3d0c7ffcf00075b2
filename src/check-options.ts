import type { Target } from './backends/registry.ts'
import { hasEffect, type OptionName, options, specOf, type Value } from './options.ts'

/** What is allowed, in words. */
function expected(value: Value): string {
  switch (value.kind) {
    case 'choice':
      return value.of.map(word => `'${word}'`).join(', ')
    case 'list':
      return `an array of ${value.of.map(word => `'${word}'`).join(', ')}`
    case 'count':
      return 'a whole number above 0'
    case 'numbers':
      return 'an array of numbers'
    case 'words':
      return 'an array of strings'
    case 'layers':
      return "'auto', 'all', or an array of names"
    case 'sizes':
      return 'an object of whole numbers above 0, by the names of axes'
    case 'switch':
      return 'true or false'
    case 'text':
      return 'a string'
    case 'function':
      return 'a function'
  }
}

const isCount = (given: unknown): boolean => Number.isSafeInteger(given) && (given as number) > 0
const isListOf = (given: unknown, holds: (entry: unknown) => boolean): boolean =>
  Array.isArray(given) && given.every(holds)

function isAllowed(value: Value, given: unknown): boolean {
  switch (value.kind) {
    case 'choice':
      return value.of.some(word => word === given)
    case 'list':
      return isListOf(given, entry => value.of.some(word => word === entry))
    case 'count':
      return isCount(given)
    case 'numbers':
      return isListOf(given, Number.isFinite) && (given as unknown[]).length > 0
    case 'words':
      return isListOf(given, entry => typeof entry === 'string') && (given as unknown[]).length > 0
    case 'layers':
      return given === 'auto' || given === 'all' || isListOf(given, entry => typeof entry === 'string' && entry !== '')
    case 'sizes':
      return typeof given === 'object' && given !== null && Object.values(given).every(isCount)
    case 'switch':
      return typeof given === 'boolean'
    case 'text':
      return typeof given === 'string'
    case 'function':
      return typeof given === 'function'
  }
}

/** A value as a reader recognises it, on one short line. */
function show(given: unknown): string {
  if (typeof given === 'string') return `'${given.slice(0, 60)}'`
  if (typeof given === 'object' && given !== null)
    return Array.isArray(given) ? `[${given}]`.slice(0, 60) : kindOf(given)
  return typeof given === 'function' ? 'a function' : String(given)
}

const kindOf = (given: object): string => Object.prototype.toString.call(given).slice(8, -1)

/** Throws a TypeError that says what is allowed where a program gives bytes that are none. */
export function checkBytes(bytes: unknown): asserts bytes is Uint8Array {
  // Not by its class: bytes of another realm, such as a frame, are bytes too.
  if (typeof bytes === 'object' && bytes !== null && kindOf(bytes) === 'Uint8Array') return
  throw new TypeError(`the model is ${show(bytes)}; expected its bytes as a Uint8Array`)
}

/** Throws a TypeError for values of these options that are not allowed. Others are not looked at. */
export function checkValues(given: object, names: readonly OptionName[]): void {
  for (const name of names) {
    const value = (given as Readonly<Record<string, unknown>>)[name]
    if (value === undefined) continue
    if (!isAllowed(specOf(name).value, value))
      throw new TypeError(`option ${name} is ${show(value)}; expected ${expected(specOf(name).value)}`)
  }
}

/**
 * Checks what TypeScript checks for those who use it, and more: throws a TypeError for an unknown option, one that is
 * missing or of the wrong kind, and one that the target does not know.
 */
export function checkOptions(given: unknown): void {
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`the options are ${show(given)}; expected an object`)
  const names = Object.keys(options) as OptionName[]
  const unknown = Object.keys(given).find(name => !Object.hasOwn(options, name))
  if (unknown !== undefined)
    throw new TypeError(`there is no option ${show(unknown)}; the options are ${names.join(', ')}`)
  for (const name of names)
    if (specOf(name).required && (given as Record<string, unknown>)[name] === undefined)
      throw new TypeError(`option ${name} is missing; expected ${expected(specOf(name).value)}`)
  checkValues(given, names)
  const { target } = given as { target: Target }
  const foreign = names.find(name => hasEffect(given, name) && !knows(target, name))
  if (foreign) throw new TypeError(`option ${foreign} is for the target ${specOf(foreign).targets}; this is ${target}`)
}

const knows = (target: Target, name: OptionName): boolean => specOf(name).targets?.includes(target) ?? true

/** The options that one of several targets knows. */
export const optionsFor = <T extends object>(target: Target, given: T): T =>
  Object.fromEntries(
    Object.entries(given).filter(([name]) => !Object.hasOwn(options, name) || knows(target, name as OptionName)),
  ) as T

/** The options, by name, that have an effect and that none of these targets knows. */
export const withoutEffect = (chosen: readonly Target[], given: object): readonly OptionName[] =>
  (Object.keys(options) as OptionName[]).filter(
    name => hasEffect(given, name) && !chosen.some(target => knows(target, name)),
  )
