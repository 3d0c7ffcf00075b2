import { HEAD_WORDS, PIECE } from './c-driver.ts'
import { bytesOfType, hasCleanTails, tensorOfBytes } from './memory.ts'
import type { Interface, Piece, Run } from './runner.ts'
import { ToolError } from './tool-error.ts'

/** Reads what the program of `driverSource` wrote. */
export function readRecords(network: Interface, file: Uint8Array): Run[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const runs: Run[] = []
  let trace: Piece[] = []
  for (let at = 0; at < file.length; ) {
    const word = (k: number) => Number(view.getBigInt64(at + 8 * k, true))
    const [kind, first, second, bytes] = [word(0), word(1), word(2), word(3)]
    const from = at + 8 * HEAD_WORDS
    const body = file.subarray(from, from + bytes)
    at = from + bytes
    if (kind === PIECE) {
      const name = String.fromCharCode(...body.subarray(0, second))
      trace.push({ name, offset: first, bytes: body.subarray(second) })
      continue
    }
    runs.push({ status: first, microseconds: second / 1000, outputs: readOutputs(network, body), trace })
    trace = []
  }
  return runs
}

/** Throws where a bit beyond the channels is set, which no reader of the outputs expects. */
function readOutputs({ outputs }: Interface, bytes: Uint8Array) {
  let at = 0
  return new Map(
    outputs.map(port => {
      const part = bytes.slice(at, at + bytesOfType(port))
      at += part.length
      if (!hasCleanTails(port, part)) throw new ToolError(`'${port.name}' has bits set past its channels`)
      return [port.name, tensorOfBytes(port, part)] as const
    }),
  )
}
