import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { externalReader } from '../../../src/cli/external-data.ts'
import { type Fault, isFault, type Verdict } from '../verdict.ts'
import { attempt, optionsOf } from './attempt.ts'
import { damageOf, fileOf } from './damage.ts'
import { checkC, checkProduct, checkTypes, type Product } from './products.ts'

/** Constants of megabytes take a C compiler seconds, and tell nothing that small ones do not. */
const LARGEST_SOURCE = 400_000
/** TypeScript's libraries take as long as a hundred files. */
const TYPES_EVERY = 20
/** Loaders stay in the memory of the process that imported them, and a device takes its time. */
const LOADED_EVERY = 4

/** A folder with data beside the model, and with what a model must not read. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-damaged-'))
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(4096).fill(63))
  writeFileSync(join(folder, 'short.bin'), new Uint8Array(3))
  mkdirSync(join(folder, 'folder'))
  symlinkSync('/etc/hostname', join(folder, 'link.bin'))
  return folder
}

const folder = makeFolder()
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const readExternal = externalReader(join(folder, 'model.onnx'))
let blocks = 0

/** Damaged files by their seeds; what compiles is validated, C at last and all at once. */
export async function tryFiles(
  seeds: readonly number[],
  tell: (seed: number, verdict: Verdict) => void,
  amend: (seed: number, fault: Fault) => void,
): Promise<void> {
  const products: Product[] = []
  for (const seed of seeds)
    tell(seed, (await compiled(fileOf(damageOf(seed)), seed, false, product => void products.push(product))).verdict)
  const faults = [...checkC(products.filter(isSmall))]
  if (blocks++ % TYPES_EVERY === 0) faults.push(...checkTypes(products))
  for (const [name, fault] of faults) amend(seeds.find(seed => `n${seed >>> 0}` === name)!, fault)
}

/** One file with everything. */
export async function tryFile(bytes: Uint8Array, seed: number): Promise<Verdict> {
  const { verdict, product } = await compiled(bytes, seed, true)
  if (!product || isFault(verdict)) return verdict
  return checkC([product]).get(product.name) ?? checkTypes([product]).get(product.name) ?? verdict
}

async function compiled(
  bytes: Uint8Array,
  seed: number,
  isAlone: boolean,
  made: (product: Product) => void = () => {},
) {
  const options = optionsOf(seed, readExternal)
  const found = await attempt(bytes, options)
  if (found.kind !== 'compiled') return { verdict: found }
  const { name, target } = options
  const product: Product = { name, target, files: found.result.files }
  made(product)
  const isLoaded = isAlone || Math.floor((seed >>> 0) / 3) % LOADED_EVERY === 0
  const verdict: Verdict = (await checkProduct(product, isLoaded)) ?? { kind: 'compiled', target }
  return { verdict, product }
}

const isSmall = ({ files }: Product): boolean => files.every(({ content }) => content.length <= LARGEST_SOURCE)
