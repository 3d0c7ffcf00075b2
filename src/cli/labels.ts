import { readFile } from 'node:fs/promises'
import { FileError, reasonOf } from './fail.ts'

/** The lines of a text file, without empty ones at its end; tells `found` of the file. */
export async function readLabels(path: string, found: (file: string) => void): Promise<string[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  }
  found(path)
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => line.trim())
  const empty = lines.indexOf('')
  if (empty >= 0)
    throw new FileError(`'${path}' has nothing in line ${empty + 1}; expected the name of a class in each`)
  return lines
}
