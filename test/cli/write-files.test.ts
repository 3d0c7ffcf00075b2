import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { writeFiles } from '../../src/cli/write-files.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { nodeModel } from '../onnx.ts'
import { bin, filesIn, inFolder, xnorc } from './command.ts'

const files = [
  { path: 'net.c', content: 'new c' },
  { path: 'net.h', content: new TextEncoder().encode('new h') },
]
const read = (...path: string[]) => readFileSync(join(...path), 'utf8')

async function inFolderAsync(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-files-'))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('all files or none', () => {
  test('files and the rule that says what they come from', async () => {
    await inFolderAsync(async folder => {
      const out = join(folder, 'a', 'b c')
      await writeFiles(files, { folder: out, depfile: join(folder, 'x.d'), inputs: ['m.onnx', 'w$.bin'] })
      expect(filesIn(out)).toEqual(['net.c', 'net.h'])
      const escaped = out.replaceAll(' ', '\\ ')
      expect(read(folder, 'x.d')).toBe(`${escaped}/net.c ${escaped}/net.h: m.onnx w$$.bin\n`)
    })
  })

  test.each<[what: string, prepare: (folder: string) => void, depfile: string, message: string]>([
    ['no folder for the depfile', () => {}, 'no such folder/x.d', 'no such file'],
    ['the depfile is an output', () => {}, 'out/net.c', "net.c' would be written twice"],
    ['the depfile is an output by another way', linkOut, 'link/net.c', "net.c' would be written twice"],
    ['the depfile is the model', () => {}, 'model.onnx', 'it would be overwritten'],
    ['an output is the model', folder => symlinkSync('../model.onnx', join(folder, 'out/net.h')), 'x.d', 'overwritten'],
    ['a folder in the way of the last file', folder => mkdirSync(join(folder, 'out/net.h')), 'x.d', 'in the way'],
    ['a folder in the way of the depfile', folder => mkdirSync(join(folder, 'x.d')), 'x.d', 'in the way'],
  ])('%s: nothing is written and what was there stays', async (_, prepare, depfile, message) => {
    await inFolderAsync(async folder => {
      mkdirSync(join(folder, 'out'))
      writeFileSync(join(folder, 'model.onnx'), 'the model')
      writeFileSync(join(folder, 'out/net.c'), 'old c')
      prepare(folder)
      const before = readdirSync(folder, { recursive: true }).toSorted()
      const to = { folder: join(folder, 'out'), depfile: join(folder, depfile), inputs: [join(folder, 'model.onnx')] }
      await expect(writeFiles(files, to)).rejects.toThrow(message)
      expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(before)
      expect(read(folder, 'out/net.c')).toBe('old c')
      expect(read(folder, 'model.onnx')).toBe('the model')
    })
  })

  test('a new folder goes away with what could not be written', async () => {
    await inFolderAsync(async folder => {
      const to = { folder: join(folder, 'a/b'), depfile: join(folder, 'none/x.d'), inputs: [] }
      await expect(writeFiles(files, to)).rejects.toThrow('no such file')
      expect(existsSync(join(folder, 'a'))).toBe(false)
    })
  })

  test.skipIf(process.platform === 'win32')('a depfile that is a device is written to, not replaced', async () => {
    await inFolderAsync(async folder => {
      await writeFiles(files, { folder, depfile: '/dev/null', inputs: [] })
      expect(filesIn(folder)).toEqual(['net.c', 'net.h'])
      expect(read('/dev/null')).toBe('')
    })
  })
})

test('the command line: exit 1, and nothing is written', () => {
  inFolder(folder => {
    const file = join(folder, 'net.onnx')
    const weights = { type: 'float', dims: [2], external: { location: 'w.bin' } } as const
    writeFileSync(file, nodeModel('Add', { x: 'float[2]' }, {}, { initializers: { w: weights } }))
    writeFileSync(join(folder, 'w.bin'), new Uint8Array(f32([2], [1, 2]).values.buffer))
    const out = join(folder, 'out')
    const compile = (depfile: string) => xnorc('compile', file, '--target', 'c', '--out', out, '--depfile', depfile)
    expect(compile(join(folder, 'none/x.d'))).toMatchObject({ status: 1, stdout: '' })
    expect(filesIn(out)).toEqual([])
    expect(compile(join(folder, 'x.d'))).toMatchObject({ status: 0 })
    expect(read(folder, 'x.d')).toBe(`${out}/net.c ${out}/net.h: ${file} ${join(folder, 'w.bin')}\n`)
    expect(compile(join(out, 'net.c'))).toMatchObject({ status: 1 })
    expect(read(out, 'net.c')).toContain('net_run')
  })
})

test.runIf(process.platform === 'linux')('a place that cannot exist, and a file that never ends, are named', () => {
  inFolder(folder => {
    const file = join(folder, 'net.onnx')
    writeFileSync(file, nodeModel('Relu', { x: 'float[2]' }))
    expect(xnorc('compile', file, '--target', 'c', '--out', '/proc/xnorc/deep')).toEqual({
      status: 1,
      stdout: '',
      stderr: "error: cannot write to '/proc/xnorc/deep': no such file\n",
    })
    expect(
      xnorc('compile', file, '--target', 'c', '--out', join(folder, 'out'), '--dump-ir', '/proc/xnorc').status,
    ).toBe(1)
    expect(xnorc('compile', '/dev/zero', '--target', 'c', '--out', join(folder, 'out'))).toEqual({
      status: 1,
      stdout: '',
      stderr: "error: cannot read '/dev/zero': it is a device\n",
    })
    expect(filesIn(join(folder, 'out'))).toEqual([])
  })
})

test('several at once make the same folder', async () => {
  await inFolderAsync(async folder => {
    const file = join(folder, 'net.onnx')
    writeFileSync(file, nodeModel('Relu', { x: 'float[2]' }))
    const names = ['a', 'b', 'c', 'd']
    const out = join(folder, 'deep/er')
    await Promise.all(
      names.map(name => execa(process.execPath, [bin, 'compile', file, '--target', 'c', '--name', name, '--out', out])),
    )
    expect(filesIn(out)).toEqual(names.flatMap(name => [`${name}.c`, `${name}.h`]))
  })
})

function linkOut(folder: string): void {
  symlinkSync('out', join(folder, 'link'))
}
