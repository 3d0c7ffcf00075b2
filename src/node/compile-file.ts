import { basename } from 'node:path'
import { externalReader } from '../cli/external-data.ts'
import { readAligned } from '../cli/read-aligned.ts'
import { compileTargets, type TargetsOptions, type TargetsResult } from '../compile-targets.ts'

export interface FileOptions extends Omit<TargetsOptions, 'name' | 'readExternal'> {
  /** The name of the file by default. */
  readonly name?: string
}

export interface FileResult extends TargetsResult {
  /** What was read: the model, and the files that it names. */
  readonly inputs: readonly string[]
}

/** Compiles a model file, with weights that are kept beside it. Throws what `compile` throws, and what reading does. */
export async function compileFile(path: string, options: FileOptions): Promise<FileResult> {
  const inputs = new Set([path])
  const result = await compileTargets(await readAligned(path), {
    ...options,
    name: options.name ?? nameOf(path),
    readExternal: externalReader(path, file => inputs.add(file)),
  })
  return { ...result, inputs: [...inputs] }
}

/** What files of a model are called where nothing else is said. */
export const nameOf = (path: string): string => basename(path).replace(/\.onnx$/i, '')
