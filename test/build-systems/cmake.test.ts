import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BuildProject, createProject, ensureBuilt, isToolMissing, mainOf } from './project.ts'

const lists = (options = '', languages = 'C') => `cmake_minimum_required(VERSION 3.20)
project(app LANGUAGES ${languages})
list(APPEND CMAKE_PREFIX_PATH "\${CMAKE_SOURCE_DIR}/node_modules")
find_package(xnorc 0.1 REQUIRED)
xnorc_add_model(digits MODEL digits.onnx ${options})
add_executable(app main.${languages === 'C' ? 'c' : 'cpp'})
target_link_libraries(app PRIVATE digits)
`

const generated = 'build/xnorc/digits/digits.c'

describe.skipIf(isToolMissing('cmake'))('xnorc_add_model', { timeout: 300_000 }, () => {
  let project: BuildProject
  beforeAll(() => {
    ensureBuilt()
    project = createProject()
    project.write('main.c', mainOf('digits'))
    project.write('main.cpp', mainOf('digits'))
  })
  afterAll(() => project.remove())

  const configure = (...args: readonly string[]): string => {
    project.run('cmake', '-E', 'rm', '-rf', 'build')
    return project.run('cmake', '-S', '.', '-B', 'build', ...args)
  }
  /** The messages of a run that must fail. */
  const refusal = (): string => {
    project.run('cmake', '-E', 'rm', '-rf', 'build')
    const { status, stderr } = spawnSync('cmake', ['-S', '.', '-B', 'build'], { cwd: project.folder, encoding: 'utf8' })
    expect(status).not.toBe(0)
    return stderr.replace(/\s+/g, ' ')
  }

  const generators = [
    ['Unix Makefiles', 'make'],
    ['Ninja', 'ninja'],
  ] as const
  describe.each(generators)('%s', (generator, tool) => {
    test.skipIf(isToolMissing(tool))('builds, and again after a touch only', () => {
      project.write('CMakeLists.txt', lists())
      configure('-G', generator)
      project.run('cmake', '--build', 'build')
      expect(project.run('build/app').split(' ')).toHaveLength(11)
      const first = project.written(generated)
      project.run('cmake', '--build', 'build')
      expect(project.written(generated)).toBe(first)
      project.touch('digits.onnx')
      project.run('cmake', '--build', 'build')
      expect(project.written(generated)).toBeGreaterThan(first)
    })

    test.skipIf(isToolMissing(tool))('builds again after a change of a file that only the compiler knows', () => {
      project.split('digits.onnx', 'weights/split.onnx', 'split.bin')
      project.write('CMakeLists.txt', lists().replace('digits.onnx', 'weights/split.onnx'))
      configure('-G', generator)
      project.run('cmake', '--build', 'build')
      const first = project.written(generated)
      project.run('cmake', '--build', 'build')
      expect(project.written(generated)).toBe(first)
      project.touch('weights/split.bin')
      project.run('cmake', '--build', 'build')
      expect(project.written(generated)).toBeGreaterThan(first)
    })
  })

  test('C++ alone is enough, and names that generated code cannot have are changed as the compiler does', () => {
    project.write('CMakeLists.txt', lists('NAME run', 'CXX'))
    project.write('main.cpp', mainOf('run_'))
    configure()
    project.run('cmake', '--build', 'build')
    expect(project.run('build/app').split(' ')).toHaveLength(11)
  })

  test('OPTIONS: constants in a file, whose path is a property', () => {
    project.write(
      'CMakeLists.txt',
      `${lists('OPTIONS --constants file')}get_target_property(path digits XNORC_CONSTANTS)\nmessage(STATUS "at \${path}")\n`,
    )
    project.write('main.c', '#include "digits.h"\nint main(void) { return DIGITS_INPUT_ELEMENTS != 784; }\n')
    expect(configure()).toContain(`at ${join(project.folder, 'build/xnorc/digits/digits.bin')}`)
    project.run('cmake', '--build', 'build')
    project.run('build/app')
    expect(project.written('build/xnorc/digits/digits.bin')).toBeGreaterThan(0)
  })

  test.skipIf(isToolMissing('aarch64-linux-gnu-gcc'))('a cross toolchain whose root holds all that is found', () => {
    project.write(
      'toolchain.cmake',
      `set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
`,
    )
    project.write('main.c', mainOf('digits'))
    project.write(
      'CMakeLists.txt',
      lists().replace(/list\(.*/, 'set(xnorc_DIR "$${CMAKE_SOURCE_DIR}/node_modules/xnorc/cmake")'),
    )
    configure('-DCMAKE_TOOLCHAIN_FILE=toolchain.cmake')
    project.run('cmake', '--build', 'build')
    expect(project.run('aarch64-linux-gnu-readelf', '-h', 'build/app')).toContain('AArch64')
  })

  test('says what is wrong before anything is built', () => {
    project.write('CMakeLists.txt', lists('OPTIONS --out elsewhere'))
    expect(refusal()).toContain('--out is decided by CMake')
    project.write('CMakeLists.txt', lists().replace('digits.onnx', 'digit.onnx'))
    expect(refusal()).toContain(`there is no model '${join(project.folder, 'digit.onnx')}'`)
    project.write('CMakeLists.txt', lists('--constants file'))
    expect(refusal()).toContain('unknown words')
    project.write('CMakeLists.txt', lists().replace('xnorc 0.1', 'xnorc 7'))
    expect(refusal()).toContain('compatible with requested version "7"')
  })
})
