import { type Damage, fileOf } from './damage.ts'
import { isNested, type Message, parse, print } from './wire.ts'

export type Fails = (bytes: Uint8Array) => Promise<boolean>

/** The smallest file found that still fails: changes are left out one by one, then fields. */
export async function reduceFile(damage: Damage, fails: Fails, isOver: () => boolean): Promise<Uint8Array> {
  let { changes } = damage
  for (let k = 0; k < changes.length; ) {
    const fewer = changes.filter((_, at) => at !== k)
    if (await fails(fileOf({ ...damage, changes: fewer }))) changes = fewer
    else k++
  }
  const bytes = fileOf({ ...damage, changes })
  try {
    return await withoutFields(parse(bytes), bytes, fails, isOver)
  } catch {
    // What cannot be read as fields stays as it is.
    return bytes
  }
}

/** Leaves out fields, several in a row first; those inside a field that has to stay come after it. */
async function withoutFields(
  model: Message,
  whole: Uint8Array,
  fails: Fails,
  isOver: () => boolean,
): Promise<Uint8Array> {
  let smallest = whole
  const shrink = async (message: Message): Promise<void> => {
    for (let length = message.fields.length; length >= 1 && !isOver(); length = Math.floor(length / 2))
      for (let at = 0; at + length <= message.fields.length && !isOver(); ) {
        const before = message.fields
        message.fields = [...before.slice(0, at), ...before.slice(at + length)]
        const bytes = print(model)
        if (await fails(bytes)) smallest = bytes
        else {
          message.fields = before
          at += length
        }
      }
    for (const field of message.fields) if (isNested(field)) await shrink(field.value)
  }
  await shrink(model)
  return smallest
}
