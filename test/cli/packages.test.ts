import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PackageKind } from '../../src/backends/backend.ts'
import { compile } from '../../src/index.ts'
import { hasCompiler } from '../c-runner.ts'
import { count, nodeModel } from '../onnx.ts'
import { PYTHON } from '../training/python.ts'
import { inFolder, xnorc } from './command.ts'

const lenet5 = join(import.meta.dirname, '../../examples/lenet5-mnist/lenet5.binary.onnx')

function isInstalled(tool: string, ...args: readonly string[]): boolean {
  if (!spawnSync(tool, args.length > 0 ? args : ['--version']).error) return true
  if (process.env.CI === 'true') throw new Error(`${tool} is missing, and CI must not skip its tests`)
  console.warn(`skipped: ${tool} is not installed; scripts/install-system-packages.sh installs it`)
  return false
}

/** Makes a package of LeNet-5 in a folder of its own. */
function inPackage(kind: PackageKind, use: (folder: string, run: (...command: string[]) => string) => void): void {
  inFolder(folder => {
    const made = xnorc('compile', lenet5, '--target', 'c', '--name', 'net', '--package', kind, '--out', folder)
    expect([made.status, made.stdout]).toEqual([0, ''])
    use(folder, (command, ...args) => execFileSync(command!, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }))
  })
}

/** Which score of the example's input is the largest, by a program that reads the header and not the example. */
function largestOf(folder: string, header: string, run: (...command: string[]) => string): string {
  const program = `#include <stdio.h>
#include "net.h"
#include "${header}"
static double workspace[NET_WORKSPACE_BYTES / 8 + 1];
int main(void) {
  float y[NET_LOGITS_ELEMENTS];
  net_run(example_input, y, workspace);
  int best = 0;
  for (int k = 0; k < NET_LOGITS_ELEMENTS; k++) if (y[k] > y[best]) best = k;
  return printf("%d", best) < 1;
}
`
  writeFileSync(join(folder, 'check.c'), program)
  run('gcc', '-I.', 'check.c', 'net.c', '-lm', '-o', 'check')
  return run('./check')
}

const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror']

describe.runIf(hasCompiler('gcc'))('--package', { timeout: 180_000 }, () => {
  test.runIf(isInstalled('cmake'))('cmake: builds alone, with its example, and inside another project', () =>
    inPackage('cmake', (folder, run) => {
      run('cmake', '-S', '.', '-B', 'build', `-DCMAKE_C_FLAGS=${STRICT.join(' ')}`)
      run('cmake', '--build', 'build')
      const best = largestOf(folder, 'example/example_input.h', run)
      expect(run('build/net_example')).toBe(`logits: number ${best} of 10 is the largest\n`)
      mkdirSync(join(folder, 'app'))
      const project = `cmake_minimum_required(VERSION 3.20)
project(app LANGUAGES C)
add_subdirectory(.. net)
add_executable(app ../example/main.c)
target_link_libraries(app PRIVATE net)
`
      writeFileSync(join(folder, 'app/CMakeLists.txt'), project)
      run('cmake', '-S', 'app', '-B', 'app/build')
      run('cmake', '--build', 'app/build')
      expect(run('app/build/app')).toBe(run('build/net_example'))
      expect(readdirSync(join(folder, 'app/build/net'))).not.toContain('net_example')
    }),
  )

  const arm = ['-mcpu=cortex-m4', '-mthumb', '-O2', '-Wall', '-Wextra', '-Werror']
  test.runIf(isInstalled('arm-none-eabi-g++'))('arduino: library and sketch compile for a Cortex-M', () =>
    inPackage('arduino', (folder, run) => {
      const properties = readFileSync(join(folder, 'library.properties'), 'utf8').trim().split('\n')
      // Of the library specification: what every library has, and the categories.
      const fields = new Map(properties.map(line => line.split(/=(.*)/s).slice(0, 2) as [string, string]))
      for (const field of ['name', 'version', 'author', 'maintainer', 'sentence', 'paragraph', 'url', 'architectures'])
        expect(fields.get(field), field).toMatch(/\S/)
      expect(fields.get('category')).toBe('Data Processing')
      expect(fields.get('includes')).toBe('net.h')
      const core = `#include <stdint.h>
struct Port { void begin(long); void print(const char *); void println(const char *); void println(int); void println(unsigned long); };
extern Port Serial;
unsigned long micros();
void delay(unsigned long);
`
      writeFileSync(join(folder, 'Arduino.h'), core)
      const sketch = ['-x', 'c++', '-include', 'Arduino.h', '-I.', 'examples/classify/classify.ino']
      run('arm-none-eabi-g++', ...arm, '-c', ...sketch, '-o', 'sketch.o')
      run('arm-none-eabi-gcc', ...arm, '-c', 'net.c', '-o', 'net.o')
      run('arm-none-eabi-g++', ...arm, '-r', '-nostdlib', 'sketch.o', 'net.o', '-o', 'all.o')
      const missing = run('arm-none-eabi-nm', '-u', '-C', 'all.o')
      expect(missing).toContain('Port::begin')
      expect(missing).not.toContain('net_run')
    }),
  )

  test.each([
    ['zephyr', 'example/src/main.c', 'int main('],
    ['esp-idf', 'examples/classify/main/main.c', 'void app_main('],
    ['platformio', 'examples/classify/src/main.c', 'int main('],
  ] as const)('%s: the example compiles and says what is largest', (kind, path, main) =>
    inPackage(kind, (folder, run) => {
      expect(readFileSync(join(folder, path), 'utf8')).toContain(main)
      writeFileSync(join(folder, 'start.c'), 'void app_main(void);\nint main(void)\n{\n  app_main();\n  return 0;\n}\n')
      const start = kind === 'esp-idf' ? ['start.c'] : []
      run('gcc', ...STRICT, '-O1', '-I.', path, ...start, 'net.c', '-lm', '-o', 'run')
      const best = largestOf(folder, path.replace('main.c', 'example_input.h'), run)
      expect(run('./run')).toBe(`logits: number ${best} of 10 is the largest\n`)
    }))
})

const reads = (script: string, folder: string): unknown =>
  JSON.parse(execFileSync(PYTHON, ['-c', `import json\n${script}`], { cwd: folder, encoding: 'utf8' }))

const readsYaml = (path: string, folder: string): unknown =>
  reads(`import yaml; print(json.dumps(yaml.safe_load(open('${path}'))))`, folder)

const hasReaders = spawnSync(PYTHON, ['-c', 'import yaml, kconfiglib']).status === 0
if (!hasReaders && process.env.CI === 'true')
  throw new Error('PyYAML or Kconfiglib is missing, and CI must not skip its tests')
if (!hasReaders)
  console.warn('skipped: PyYAML or Kconfiglib is missing; scripts/install-system-packages.sh installs them')

describe('metadata', { timeout: 180_000 }, () => {
  test.runIf(hasReaders)('zephyr: the fields of module.yml and sample.yaml that its documentation has', () =>
    inPackage('zephyr', folder => {
      expect(readsYaml('zephyr/module.yml', folder)).toEqual({
        name: 'net',
        build: { cmake: '.', kconfig: 'Kconfig' },
        samples: ['example'],
      })
      expect(readsYaml('example/sample.yaml', folder)).toMatchObject({
        sample: { name: 'net' },
        tests: { 'sample.xnorc.net': { harness: 'console', harness_config: { type: 'one_line' } } },
      })
    }),
  )

  test.runIf(hasReaders)('zephyr: the option of prj.conf is that of Kconfig and of CMake', () =>
    inPackage('zephyr', folder => {
      // What Zephyr has itself.
      const own = 'config FPU\n\tbool "FPU"\nconfig MAIN_STACK_SIZE\n\tint "stack"\nrsource "Kconfig"\n'
      writeFileSync(join(folder, 'Kconfig.zephyr'), own)
      const script = `import kconfiglib
found = kconfiglib.Kconfig('Kconfig.zephyr', warn_to_stderr=False)
found.load_config('example/prj.conf')
print(json.dumps([found.warnings] + [found.syms[name].str_value for name in ('XNORC_NET', 'FPU', 'MAIN_STACK_SIZE')]))`
      expect(reads(script, folder)).toEqual([[], 'y', 'y', '4096'])
      expect(readFileSync(join(folder, 'CMakeLists.txt'), 'utf8')).toContain('if(CONFIG_XNORC_NET)')
    }),
  )

  test.runIf(hasReaders)('esp-idf: the fields of idf_component.yml', () =>
    inPackage('esp-idf', folder => {
      expect(readsYaml('idf_component.yml', folder)).toEqual({
        version: '0.0.0',
        description: expect.stringContaining('net'),
        dependencies: { idf: '>=5.0' },
      })
    }),
  )

  test('platformio: library.json names files that are there', () =>
    inPackage('platformio', folder => {
      const { name, headers, build, examples } = JSON.parse(readFileSync(join(folder, 'library.json'), 'utf8'))
      expect([name, headers, build.srcFilter]).toEqual(['net', 'net.h', '+<net.c>'])
      for (const { base, files } of examples)
        expect(readdirSync(join(folder, base, 'src'))).toHaveLength(files.length - 1)
    }))
})

test('indices of an example are 0, which every table has', async () => {
  const bytes = nodeModel('Gather', { i: 'int64[3]' }, {}, { in: ['t', 'i'], initializers: { t: count([4, 2]) } })
  const { files } = await compile(bytes, { target: 'c', name: 'rows', package: 'cmake' })
  const header = files.find(({ path }) => path === 'example/example_input.h')!.content
  expect(header).toContain('static const int64_t example_i[3] = {\n  0, 0, 0\n};')
})

test('what cannot be such a package is refused', async () => {
  const bytes = nodeModel('Relu', { x: 'float[1,2]' })
  const options = { target: 'c', name: 'test', package: 'cmake' } as const
  await expect(compile(bytes, options)).rejects.toThrow("CMake has a target 'test' of its own")
  await expect(compile(bytes, { ...options, name: 'net', package: 'zephyr', constants: 'file' })).rejects.toThrow(
    '--package zephyr',
  )
})
