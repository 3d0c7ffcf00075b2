import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { openDataSet, readAll } from '../../src/cli/data/index.ts'
import { readModel } from '../../src/frontend/index.ts'
import { nodeModel } from '../onnx.ts'
import { PYTHON } from '../training/python.ts'
import { npy } from './npy-bytes.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A network with one input of bytes. */
const bytesIn = async (shape: string) => (await readModel(nodeModel('Cast', { x: `uint8[${shape}]` }, { to: 1 }))).graph

function write(name: string, content: Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

const read = async (path: string, shape: string, classes = 10) => {
  const data = await openDataSet(path, await bytesIn(shape), classes)
  const values = (await readAll(data)).map(feed => [...(feed.get('x')!.values as Uint8Array)])
  return { labels: [...data.labels], values }
}

/** Of MNIST's format: zeros, the type, the axes, sizes. */
const idx = (sizes: number[], bytes: number[]): Buffer =>
  Buffer.concat([
    Buffer.of(0, 0, 8, sizes.length),
    ...sizes.map(size => Buffer.of(size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255)),
    Buffer.from(bytes),
  ])

describe('IDX files', () => {
  const images = idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  const expected = {
    labels: [4, 9],
    values: [
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10, 11, 12],
    ],
  }

  test('images with their classes beside them, packed or not, as a file or a folder', async () => {
    const plain = write('plain/t10k-images-idx3-ubyte', images)
    write('plain/t10k-labels-idx1-ubyte', idx([2], [4, 9]))
    expect(await read(plain, '1,1,2,3')).toEqual(expected)
    const packed = write('packed/t10k-images-idx3-ubyte.gz', gzipSync(images))
    write('packed/t10k-labels-idx1-ubyte.gz', gzipSync(idx([2], [4, 9])))
    expect(await read(packed, '1,6')).toEqual(expected)
    expect(await read(dirname(packed), '1,2,3,1')).toEqual(expected)
  })

  test('what does not fit is said', async () => {
    const path = write('wrong/t10k-images-idx3-ubyte', images.subarray(0, -1))
    await expect(read(path, '1,1,2,3')).rejects.toThrow('needs its classes beside it, in t10k-labels-idx1-ubyte')
    write('wrong/t10k-labels-idx1-ubyte', idx([2], [4, 9]))
    await expect(read(path, '1,1,2,3')).rejects.toThrow('is cut off: it should have 2 images')
    writeFileSync(path, images)
    await expect(read(path, '1,1,2,2')).rejects.toThrow('has an image of 3 × 2, 1 channels; expected u8[1,1,2,2]')
    await expect(read(path, '1,1,2,3', 5)).rejects.toThrow('has the class 9; the model has classes 0 to 4')
    const { graph } = await readModel(nodeModel('Identity', { x: 'float[1,1,2,3]' }))
    await expect(openDataSet(path, graph, 10)).rejects.toThrow('give --input-type u8, with --mean and --std')
  })
})

test('CIFAR files: one label or two, planes or pixels', async () => {
  const image = Uint8Array.from({ length: 3072 }, (_, k) => (k * 7 + (k >> 8)) & 255)
  const ten = write('cifar/test_batch.bin', Buffer.concat([Buffer.of(3), image, Buffer.of(5), image.toReversed()]))
  expect(await read(ten, '1,3,32,32')).toEqual({ labels: [3, 5], values: [[...image], [...image.toReversed()]] })
  const hundred = write('cifar100/test.bin.gz', gzipSync(Buffer.concat([Buffer.of(1, 42), image])))
  const { labels, values } = await read(dirname(hundred), '1,32,32,3', 100)
  expect(labels).toEqual([42])
  expect(values[0]!.slice(0, 6)).toEqual([image[0], image[1024], image[2048], image[1], image[1025], image[2049]])
  await expect(read(write('odd.bin', Buffer.alloc(3000)), '1,3,32,32')).rejects.toThrow('3000 bytes are no records')
})

describe('folders of pictures', () => {
  const hasPillow = spawnSync(PYTHON, ['-c', 'import PIL']).status === 0

  test.skipIf(!hasPillow && process.env.CI !== 'true')(
    'PNG, JPEG, PPM and PGM have the pixels that Pillow reads',
    async () => {
      const script = `
import pathlib, random, struct, sys, zlib
from PIL import Image
random.seed(1)
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
root = pathlib.Path(sys.argv[1])
def picture(mode, soft):
    image = Image.new(mode, (13, 9))
    for y in range(9):
        for x in range(13):
            value = [(x * 9 + y * 5 + k * 40) % 256 if soft else random.randrange(256) for k in range(3)]
            image.putpixel((x, y), tuple(value) if mode == 'RGB' else value[0])
    return image
for name, image, how in [('a/1.png', picture('RGB', False), {}), ('a/2.png', picture('RGB', True), {}),
                         ('a/3.png', picture('RGB', True).quantize(64), {}), ('a/4.ppm', picture('RGB', False), {}),
                         ('b/1.png', picture('RGB', True).quantize(2), {'bits': 1}),
                         ('b/2.jpg', picture('RGB', False), {'subsampling': 0}),
                         ('b/3.jpg', picture('RGB', True), {'subsampling': 2}),
                         ('b/4.jpeg', picture('RGB', False), {'subsampling': 1, 'progressive': True})]:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    image.save(root / name, **how)
    print(*Image.open(root / name).convert('RGB').tobytes())
# A profile of 100 MB once inflated, which says nothing of pixels.
plain = (root / 'a/1.png').read_bytes()
(root / 'a/1.png').write_bytes(plain[:33] + chunk(b'iCCP', b'bomb\\0\\0' + zlib.compress(bytes(100_000_000))) + plain[33:])
grey = root / 'grey'
(grey / 'g').mkdir(parents=True)
for name, soft in [('1.png', True), ('2.pgm', False), ('3.jpg', False)]:
    picture('L', soft).save(grey / 'g' / name)
    print(*Image.open(grey / 'g' / name).tobytes())
wrong = root / 'wrong' / 'w'
wrong.mkdir(parents=True)
picture('RGB', True).convert('RGBA').save(wrong / 'alpha.png')
picture('L', True).convert('I').save(wrong / 'deep.png')
picture('RGB', True).quantize(4).save(wrong / 'clear.png', transparency=1)
picture('RGB', True).convert('CMYK').save(wrong / 'print.jpg')
for name, cut in [('a/1.png', 200), ('b/2.jpg', 500)]:
    whole = (root / name).read_bytes()
    (wrong / ('cut' + name[-4:])).write_bytes(whole[:-cut])
for name, interlaced, rows in [('short.png', 0, bytes([0] + [9] * 23)), ('short7.png', 1, bytes([0] + [9] * 23)),
                               ('bomb.png', 0, bytes(100_000_000))]:
    (wrong / name).write_bytes(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 8, 1, 8, 2, 0, 0, interlaced))
                               + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))
`
      const root = join(folder, 'pictures')
      mkdirSync(join(root, 'colour'), { recursive: true })
      const { stdout, stderr, status } = spawnSync(
        PYTHON,
        ['-c', script.replaceAll("'a/", "'colour/a/").replaceAll("'b/", "'colour/b/"), root],
        { encoding: 'utf8' },
      )
      expect(stderr).toBe('')
      expect(status).toBe(0)
      const lines = stdout
        .trim()
        .split('\n')
        .map(line => line.split(' ').map(Number))
      const colour = await read(join(root, 'colour'), '1,9,13,3')
      expect(colour).toEqual({ labels: [0, 0, 0, 0, 1, 1, 1, 1], values: lines.slice(0, 8) })
      expect(await read(join(root, 'grey'), '1,1,9,13')).toEqual({ labels: [0, 0, 0], values: lines.slice(8) })

      // One after another is the first of the folder, and refused.
      const wrong = join(root, 'wrong/w')
      const refusals = {
        'alpha.png': 'is a PNG in another form',
        'bomb.png': 'is no PNG file, or a damaged one: it has more rows than its size',
        'clear.png': 'is a PNG in another form',
        'cut.jpg': 'is no JPEG file, or a damaged one: Premature end of JPEG file',
        'cut.png': 'is no PNG file, or a damaged one: it ends early',
        'deep.png': 'is a PNG in another form',
        'print.jpg': 'is no JPEG file, or a damaged one: Unsupported color conversion request',
        'short.png': 'is no PNG file, or a damaged one: its last rows are missing',
        'short7.png': 'is no PNG file, or a damaged one: its last rows are missing',
      }
      expect(readdirSync(wrong).sort()).toEqual(Object.keys(refusals).sort())
      for (const [name, reason] of Object.entries(refusals)) {
        await expect(read(dirname(wrong), '1,9,13,3')).rejects.toThrow(`${name}' ${reason}`)
        rmSync(join(wrong, name))
      }
    },
  )

  test('what is no picture, or none that can be read', async () => {
    const path = write('wrong-pictures/a/photo.webp', Buffer.of(1))
    const root = dirname(dirname(path))
    await expect(read(root, '1,3,2,2')).rejects.toThrow(
      "photo.webp' is no picture that can be read; supported: PNG, JPEG, PPM",
    )
    rmSync(path)
    write('wrong-pictures/a/1.png', Buffer.alloc(40))
    await expect(read(root, '1,3,2,2')).rejects.toThrow('is no PNG file')
    await expect(read(write('empty/x.txt', Buffer.of(1)).replace('/x.txt', ''), '1,3,2,2')).rejects.toThrow(
      'has no test set',
    )
  })
})

describe('arrays, a few at a time', () => {
  test('every chunk has the next samples, and the file may be read again', async () => {
    const x = Uint8Array.from({ length: 100_000 * 3 }, (_, k) => (k * 31) & 255)
    const parts = { 'x.npy': npy('|u1', '100000, 3', x), 'y.npy': npy('<i4', '100000,', new Int32Array(100_000)) }
    for (const level of [0, 6] as const) {
      const data = await openDataSet(write('many.npz', zipSync(parts, { level })), await bytesIn('1,3'), 3)
      for (let again = 0; again < 2; again++) {
        const sizes: number[] = []
        let at = 0
        for await (const chunk of data.chunks(30_000)) {
          sizes.push(chunk.length)
          for (const feed of chunk)
            for (const value of feed.get('x')!.values) if (value !== x[at++]) expect(at).toBe(-1)
        }
        expect([at, ...sizes]).toEqual([300_000, 30_000, 30_000, 30_000, 10_000])
      }
    }
  })

  test('an array that ends early', async () => {
    const parts = { 'x.npy': npy('|u1', '4, 3', new Uint8Array(9)), 'y.npy': npy('|u1', '4,', new Uint8Array(4)) }
    await expect(read(write('short.npz', zipSync(parts)), '1,3')).rejects.toThrow(
      "x.npy' is cut off: 12 values do not fit",
    )
  })
})
