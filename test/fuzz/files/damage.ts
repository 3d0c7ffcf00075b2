import { seeded } from '../../random.ts'
import { type Choices, fresh, replay } from '../choices.ts'
import { type Base, baseOf } from './bases.ts'
import { structure } from './structure.ts'
import { type Mutation, values } from './values.ts'
import { type Message, parse, print } from './wire.ts'

/** What became of a file: a file, and changes with the decisions that each took. */
export interface Damage {
  readonly base: Base
  readonly changes: readonly Change[]
}

export interface Change {
  readonly kind: string
  readonly made: readonly number[]
}

/** Of the bytes, after all that knows the format. */
const bytewise: Readonly<Record<string, (bytes: Uint8Array, c: Choices) => Uint8Array>> = {
  cut: (bytes, c) => bytes.slice(0, c.pick(bytes.length)),
  bit: (bytes, c) => {
    const at = c.pick(bytes.length)
    return bytes.map((byte, k) => (k === at ? byte ^ (1 << c.pick(8)) : byte))
  },
  byte: (bytes, c) => {
    const [at, value] = [c.pick(bytes.length), c.pick(256)]
    return bytes.map((byte, k) => (k === at ? value : byte))
  },
}

const mutations: Readonly<Record<string, Mutation>> = { ...values, ...structure }
const kinds: readonly string[] = [...Object.keys(mutations), ...Object.keys(values), ...Object.keys(bytewise)]

/** The damaged file of a seed: one to four changes. */
export function damageOf(seed: number): Damage {
  const random = seeded(seed ^ 0x5eed)
  const base = baseOf(random)
  const model = parse(base.bytes)
  let bytes = base.bytes
  const count = 1 + Math.floor(random() ** 2 * 4)
  const changes = Array.from({ length: count }, (): Change => {
    const kind = kinds[Math.floor(random() * kinds.length)]!
    const c = fresh(random() * 2 ** 31)
    bytes = changed(model, bytes, kind, c)
    return { kind, made: c.made }
  })
  return { base, changes }
}

/** The bytes of a file with these changes. */
export function fileOf({ base, changes }: Damage): Uint8Array {
  const model = parse(base.bytes)
  // Changes of the bytes come last, whatever their place: what they made could not be read again.
  const [late, early] = [changes.filter(isBytewise), changes.filter(change => !isBytewise(change))]
  for (const { kind, made } of early) mutations[kind]!(model, replay(made))
  return late.reduce((bytes, { kind, made }) => bytewise[kind]!(bytes, replay(made)), print(model))
}

const isBytewise = ({ kind }: Change): boolean => Object.hasOwn(bytewise, kind)

function changed(model: Message, bytes: Uint8Array, kind: string, c: Choices): Uint8Array {
  if (Object.hasOwn(bytewise, kind)) return bytewise[kind]!(bytes, c)
  mutations[kind]!(model, c)
  return bytes
}
