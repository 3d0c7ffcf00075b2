import { CompileError, type Where } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import type { AttributeKind, ModelAttribute, ModelTensor } from './model.ts'

/**
 * The attributes of one node. A reader without a fallback refuses a node that lacks the attribute; an attribute of
 * another kind than asked for is refused always. What no importer asked for is refused by `refuseUnread`.
 */
export interface Attributes {
  has(name: string): boolean
  int(name: string, fallback?: number): number
  /** A finite number: others are refused. */
  float(name: string, fallback?: number): number
  /** A number that may be infinite or NaN, where that means something. */
  anyFloat(name: string, fallback?: number): number
  string(name: string, fallback?: string): string
  ints(name: string, fallback?: readonly number[]): readonly number[]
  floats(name: string, fallback?: readonly number[]): readonly number[]
  tensor(name: string): ModelTensor
  /** The integer must be one of these, the first if it is absent. */
  oneOf(name: string, ...supported: readonly [number, ...number[]]): number
  /** These change nothing of what the compiler does. */
  ignore(...names: readonly string[]): void
  refuseUnread(): void
}

export function readAttributes(where: Where, all: ReadonlyMap<string, ModelAttribute>): Attributes {
  const read = new Set<string>()
  const find = <T>(name: string, kind: AttributeKind, take: (found: ModelAttribute) => T, fallback?: T): T => {
    read.add(name)
    const found = all.get(name)
    if (found && found.kind !== kind && !isEmptyList(found, kind))
      throw new CompileError(diagnostics.invalidNode(where, `has ${name} as ${found.kind}; it should be ${kind}`))
    if (found) return take(found)
    if (fallback === undefined) throw new CompileError(diagnostics.invalidNode(where, `lacks the attribute ${name}`))
    return fallback
  }
  const attributes: Attributes = {
    has: name => all.has(name),
    int: (name, fallback) => find(name, 'int', found => found.int, fallback),
    float: (name, fallback) => {
      const value = attributes.anyFloat(name, fallback)
      if (!Number.isFinite(value)) throw new CompileError(diagnostics.notFinite(where, `has ${name}=${value}`))
      return value
    },
    anyFloat: (name, fallback) => find(name, 'float', found => found.float, fallback),
    string: (name, fallback) => find(name, 'string', found => found.string, fallback),
    ints: (name, fallback) => find(name, 'ints', found => found.ints, fallback),
    floats: (name, fallback) => find(name, 'floats', found => found.floats, fallback),
    tensor: name => {
      const tensor = find(name, 'tensor', found => found.tensor ?? null)
      if (!tensor) throw new CompileError(diagnostics.invalidNode(where, `has ${name} as a tensor that is missing`))
      return tensor
    },
    oneOf: (name, ...supported) => {
      const value = attributes.int(name, supported[0])
      if (!supported.includes(value))
        throw new CompileError(diagnostics.unsupportedAttribute(where, name, `${value}`, supported.join(', ')))
      return value
    },
    ignore: (...names) => {
      for (const name of names) read.add(name)
    },
    refuseUnread: () => {
      const unread = [...all].filter(([name]) => !read.has(name))
      if (unread.length > 0)
        throw new CompileError(
          ...unread.map(([name, value]) =>
            diagnostics.unsupportedAttribute(where, name, showAttribute(value), 'a node without it'),
          ),
        )
    },
  }
  return attributes
}

/** Files without attribute types cannot tell an empty list from anything else. */
const isEmptyList = (found: ModelAttribute, kind: AttributeKind): boolean =>
  found.kind === 'other' && (kind === 'ints' || kind === 'floats') && found[kind].length === 0

function showAttribute(attribute: ModelAttribute): string {
  switch (attribute.kind) {
    case 'float':
    case 'int':
    case 'string':
      return `${attribute[attribute.kind]}`
    case 'floats':
    case 'ints':
    case 'strings':
      return `[${attribute[attribute.kind]}]`
    default:
      return `(${attribute.kind})`
  }
}
