import { bytesOf } from '../../plan/arena.ts'
import type { Plan, Port } from '../../plan/plan.ts'
import type { PrintOptions } from '../backend.ts'
import { inComment, jsString } from '../print/foreign-text.ts'
import { render } from '../print/template.ts'
import type { Scope } from './scope.ts'

/** What a caller gives and gets for each dtype; bits are packed words. */
const ARRAYS = {
  f32: 'Float32Array',
  i32: 'Int32Array',
  u8: 'Uint8Array',
  i8: 'Int8Array',
  i64: 'BigInt64Array',
  bit: 'Uint32Array',
} as const

const portContext = (port: Port, scope: Scope) => ({
  key: jsString(port.name),
  dtype: port.dtype,
  shape: `[${port.shape.join(', ')}]`,
  length: port.buffer.length,
  bytes: bytesOf(port.buffer),
  address: scope.addressOf(port.buffer),
  array: ARRAYS[port.dtype],
})

/** NAME.js: loads the module and moves values in and out of its memory. `inline` puts the module itself into the file. */
export function printLoader(plan: Plan, scope: Scope, options: PrintOptions, inline?: Uint8Array): string {
  return render('wasm/loader.js', {
    name: plan.name,
    version: options.version,
    options: options.commandLine ? ` ${inComment(options.commandLine)}` : '',
    inputs: plan.inputs.map(port => portContext(port, scope)),
    outputs: plan.outputs.map(port => portContext(port, scope)),
    base64: inline ? encodeBase64(inline) : '',
  })
}

function encodeBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

/** The arrays that a feed of this port may come in. */
export const feedTypes = ({ dtype }: Port): readonly string[] =>
  dtype === 'i64' ? [ARRAYS.i64, ARRAYS.i32] : [ARRAYS[dtype]]

export const resultType = ({ dtype }: Port): string => ARRAYS[dtype]
