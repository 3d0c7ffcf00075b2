import { execa } from 'execa'
import { boards } from '../run/boards.ts'
import { findCompiler } from '../run/compiler.ts'
import { packageOf } from '../run/counter.ts'
import { machines } from '../run/machines.ts'
import { findDevice } from '../run/wgsl.ts'
import { printJson } from './json.ts'
import { showTable } from './table.ts'

/** Something that xnorc uses where it is installed. Compiling a model needs nothing of all this. */
interface Tool {
  readonly name: string
  readonly purpose: string
  /** How to get it. */
  readonly install: string
  /** What it says of itself; throws where it is missing. */
  readonly look: () => Promise<string>
}

/** The first line that a command prints of its version. */
const version =
  (command: string, ...args: readonly string[]): Tool['look'] =>
  async () => {
    const [file = command, ...own] = command.split(' ').filter(Boolean)
    const { stdout } = await execa(file, [...own, ...(args.length > 0 ? args : ['--version'])], { timeout: 20_000 })
    return stdout.split('\n')[0]!.trim()
  }

/** A package that is taken where it is installed; no bundler and no type checker follows the name. */
const installed = (name: string) => async () => {
  await import(name)
  return 'installed'
}

const triples = [...new Set(Object.values(machines).map(({ triple }) => triple))]
const commandsOf = (emulated: typeof machines | typeof boards): string[] => [
  ...new Set(Object.values(emulated).map(({ emulator: [command] }) => command)),
]

const tools = (): Tool[] => [
  {
    name: 'C compiler',
    purpose: 'verify, eval, bench and report build the generated C with it; CC names another',
    install: 'apt-get install gcc',
    look: version(findCompiler()),
  },
  {
    name: 'onnxruntime-node',
    purpose: 'verify and bench compare with the ONNX model',
    install: 'npm install onnxruntime-node',
    look: installed('onnxruntime-node'),
  },
  {
    name: 'webgpu',
    purpose: 'verify of the target wgsl',
    install: 'npm install webgpu; apt-get install libvulkan1 mesa-vulkan-drivers',
    look: findDevice,
  },
  {
    name: 'playwright-core',
    purpose: 'bench of the target wgsl drives the browser with it',
    install: 'npm install playwright-core',
    look: installed('playwright-core'),
  },
  {
    name: 'Chromium',
    purpose: 'bench of the target wgsl; --chromium names another',
    install: 'apt-get install chromium',
    look: version('/usr/bin/chromium'),
  },
  {
    name: 'arm-none-eabi-gcc',
    purpose: 'size, for microcontrollers',
    install: 'apt-get install gcc-arm-none-eabi',
    look: version('arm-none-eabi-gcc'),
  },
  ...triples.map(triple => ({
    name: `${triple}-gcc`,
    purpose: 'size, and C for other machines',
    install: `apt-get install gcc-${triple}`,
    look: version(`${triple}-gcc`),
  })),
  ...commandsOf(machines).map(command => ({
    name: command,
    purpose: 'bench --emulate runs such C on this machine',
    install: `apt-get install ${packageOf(command)}`,
    look: version(command),
  })),
  ...commandsOf(boards).map(command => ({
    name: command,
    purpose: 'size --run qemu, for microcontrollers',
    install: `apt-get install ${packageOf(command)}`,
    look: version(command),
  })),
]

export interface Finding {
  readonly name: string
  readonly purpose: string
  readonly found?: string
  /** How to get it, where it was not found. */
  readonly install?: string
}

export const examine = (): Promise<Finding[]> =>
  Promise.all(
    tools().map(async ({ name, purpose, install, look }): Promise<Finding> => {
      try {
        return { name, purpose, found: await look() }
      } catch {
        return { name, purpose, install }
      }
    }),
  )

/** `xnorc doctor`: what of all that the commands can use is installed here, and what it is for. */
export async function runDoctor({ json }: { readonly json?: boolean }): Promise<void> {
  const findings = await examine()
  if (json) return printJson('doctor', findings)
  console.log(
    showTable(
      ['tool', 'found', 'for'],
      findings.map(({ name, found, install, purpose }) => [name, found ?? `missing: ${install}`, purpose]),
      [],
    ),
  )
  console.error('Compiling a model needs none of them.')
}
