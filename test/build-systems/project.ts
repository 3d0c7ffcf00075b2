import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import proto from 'onnx-proto'

const { onnx } = proto
const root = resolve(import.meta.dirname, '../..')

/** A model small enough to be compiled often. */
export const lenet5 = join(root, 'examples/lenet5-mnist/lenet5.binary.onnx')

/** A C project beside a model, with the checkout as its package in node_modules. */
export interface BuildProject {
  readonly folder: string
  readonly write: (name: string, text: string) => void
  /** Runs a program in the folder and returns what it printed. Throws with all of it where the status is not 0. */
  readonly run: (command: string, ...args: readonly string[]) => string
  /** Writes a model again with its weights in a file beside it. */
  readonly split: (model: string, path: string, weights: string) => void
  /** Makes a file newer than all that was made of it. */
  readonly touch: (name: string) => void
  /** When a file was written last, in milliseconds. */
  readonly written: (name: string) => number
  readonly remove: () => void
}

/** Prints the class of an image of nothing but ones, so that the network must have run. */
export const mainOf = (name: string): string => `#include <stdio.h>
#include "${name}.h"
static double workspace[${name.toUpperCase()}_WORKSPACE_BYTES / sizeof(double) + 1];
static float input[${name.toUpperCase()}_INPUT_ELEMENTS], logits[${name.toUpperCase()}_LOGITS_ELEMENTS];
int main(void) {
  int i;
  for (i = 0; i < ${name.toUpperCase()}_INPUT_ELEMENTS; i++) input[i] = 1.0f;
  if (${name}_run(input, logits, workspace) != 0) return 1;
  for (i = 0; i < ${name.toUpperCase()}_LOGITS_ELEMENTS; i++) printf("%.9g ", (double)logits[i]);
  return 0;
}
`

export function createProject(): BuildProject {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-build-'))
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/xnorc'))
  // As npm makes it when it installs: a program.
  writeFileSync(
    join(folder, 'node_modules/.bin/xnorc'),
    '#!/bin/sh\nexec node "$(dirname "$0")/../xnorc/dist/cli/index.js" "$@"\n',
    { mode: 0o755 },
  )
  copyFileSync(lenet5, join(folder, 'digits.onnx'))
  const at = (name: string) => join(folder, name)
  return {
    folder,
    write: (name, text) => {
      mkdirSync(dirname(at(name)), { recursive: true })
      writeFileSync(at(name), text)
    },
    run: (command, ...args) => {
      const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
      if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${error ?? ''}${stdout}\n${stderr}`)
      return stdout + stderr
    },
    split: (model, path, weights) => {
      const split = onnx.ModelProto.decode(readFileSync(at(model)))
      const chunks: Uint8Array[] = []
      let offset = 0
      for (const tensor of split.graph?.initializer ?? []) {
        const { rawData } = tensor
        if (!rawData?.length) continue
        const entry = (key: string, value: unknown) => ({ key, value: `${value}` })
        tensor.externalData = [
          entry('location', weights),
          entry('offset', offset),
          entry('length', rawData.length),
        ] as NonNullable<typeof tensor.externalData>
        tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL
        tensor.rawData = new Uint8Array()
        chunks.push(rawData)
        offset += rawData.length
      }
      mkdirSync(dirname(at(path)), { recursive: true })
      writeFileSync(at(path), onnx.ModelProto.encode(split).finish())
      writeFileSync(join(dirname(at(path)), weights), Buffer.concat(chunks))
    },
    touch: name => {
      // Some build tools compare whole seconds, so the future is safer than now.
      const soon = Date.now() / 1000 + 2
      utimesSync(at(name), soon, soon)
    },
    written: name => statSync(at(name)).mtimeMs,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Whether a tool is there. Where tests must not be skipped (CI=true) its absence is an error. */
export function isToolMissing(tool: string): boolean {
  if (spawnSync(tool, ['--version']).status === 0) return false
  if (process.env.CI === 'true') throw new Error(`${tool} is missing, and CI must not skip its tests`)
  console.warn(`skipped: ${tool} is not installed; scripts/install-system-packages.sh installs it`)
  return true
}

/** Whether the checkout is built: build systems run what users run. */
export function ensureBuilt(): void {
  if (!existsSync(join(root, 'dist/cli/index.js'))) spawnSync('npm', ['run', 'build'], { cwd: root })
}
