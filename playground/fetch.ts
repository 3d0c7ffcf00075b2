/** A model that lies compressed on the host; some hosts say so, and browsers then unpack it themselves. */
export async function fetchModel(path: string): Promise<Uint8Array> {
  const response = await get(path)
  const bytes = new Uint8Array(await response.arrayBuffer())
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
  if (!isPacked) return bytes
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Uint8Array(await new Response(unpacked).arrayBuffer())
}

export const fetchText = async (path: string): Promise<string> => (await get(path)).text()

async function get(path: string): Promise<Response> {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`)
  return response
}
