import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { externalReader } from '../../src/cli/external-data.ts'
import { inFolder } from './command.ts'

/** A model's folder with weights inside it and a secret beside it. */
function withFolder(use: (folder: string, read: ReturnType<typeof externalReader>, found: string[]) => void): void {
  inFolder(top => {
    const folder = join(realpathSync(top), 'model')
    mkdirSync(join(folder, 'sub'), { recursive: true })
    writeFileSync(join(top, 'secret'), 'a secret')
    writeFileSync(join(folder, 'model.onnx'), '')
    writeFileSync(join(folder, 'weights.bin'), '0123456789')
    writeFileSync(join(folder, 'sub', 'more.bin'), 'abcdef')
    const found: string[] = []
    use(
      folder,
      externalReader(join(folder, 'model.onnx'), file => found.push(file)),
      found,
    )
  })
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('weights beside a model', () => {
  test('a part of a file, and what is there of more', () => {
    withFolder((folder, read, found) => {
      expect(text(read('weights.bin', 2, 3))).toBe('234')
      expect(text(read('weights.bin', 8, undefined))).toBe('89')
      expect(text(read('sub/more.bin', 0, 2 ** 52))).toBe('abcdef')
      expect(text(read('weights.bin', 2 ** 52, 4))).toBe('')
      expect(found).toContain(join(folder, 'weights.bin'))
    })
  })

  test('a link may stay in the folder, and not leave it by any way', () => {
    withFolder((folder, read, found) => {
      symlinkSync('weights.bin', join(folder, 'inside'))
      symlinkSync('../secret', join(folder, 'outside'))
      symlinkSync('..', join(folder, 'up'))
      symlinkSync('outside', join(folder, 'twice'))
      expect(text(read('inside', 0, 2))).toBe('01')
      for (const path of ['outside', 'up/secret', 'twice'])
        expect(() => read(path, 0, 8)).toThrow(`'${path}' is a link that leaves the folder of the model`)
      expect(found).toEqual([join(folder, 'inside')])
    })
  })

  test('a folder whose name starts alike is another one', () => {
    withFolder((folder, read) => {
      mkdirSync(`${folder}-secret`)
      writeFileSync(join(`${folder}-secret`, 'key'), 'a key')
      symlinkSync(`${folder}-secret/key`, join(folder, 'key'))
      expect(() => read('key', 0, 4)).toThrow('leaves the folder')
    })
  })

  test('a model that is a link, with its weights linked beside it, as caches keep them', () => {
    withFolder(folder => {
      mkdirSync(join(folder, 'snapshot'))
      symlinkSync('../model.onnx', join(folder, 'snapshot', 'net.onnx'))
      symlinkSync('../weights.bin', join(folder, 'snapshot', 'net.data'))
      expect(text(externalReader(join(folder, 'snapshot', 'net.onnx'))('net.data', 0, 1))).toBe('0')
    })
  })

  test.skipIf(process.platform === 'win32')('no pipe, which would wait, and no folder or device', () => {
    withFolder((folder, read) => {
      execFileSync('mkfifo', [join(folder, 'pipe')])
      for (const path of ['pipe', 'sub']) expect(() => read(path, 0, 4)).toThrow(`'${path}' is no plain file`)
      symlinkSync('/dev/zero', join(folder, 'zero'))
      expect(() => read('zero', 0, 4)).toThrow('leaves the folder')
    })
  })
})
