import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceFile } from '../../src/backends/backend.ts'

const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')
const compilerOptions = {
  noEmit: true,
  strict: true,
  target: 'es2022',
  module: 'nodenext',
  lib: ['es2023', 'dom'],
  types: [],
}

/** What TypeScript says about a program beside these files; nothing if it has no complaints. */
export function typeCheck(files: readonly SourceFile[], program: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-types-'))
  for (const { path, content } of files) writeFileSync(join(folder, path), content)
  writeFileSync(join(folder, 'program.ts'), program)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  try {
    return execFileSync(process.execPath, [tsc], { cwd: folder, encoding: 'utf8' })
  } catch (error) {
    return (error as { stdout: string }).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}
