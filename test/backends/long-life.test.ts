import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { expect, test } from 'vitest'
import { c } from '../../src/backends/c/index.ts'
import { wasm } from '../../src/backends/wasm/index.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { hasCompiler } from '../c-runner.ts'
import { smallGraph } from '../small-graph.ts'
import { writeModule } from '../wasm-runner.ts'

const graph = smallGraph()
const image = (k: number) => Float32Array.from({ length: 72 }, (_, i) => ((i * (k + 7)) % 17) / 8 - 1)
const logitsOf = (k: number) => [
  ...(interpret(graph, new Map([['image', f32([1, 6, 6, 2], image(k))]])).get('logits')!.values as Float32Array),
]

test('a module is loaded a thousand times, and every one computes', async () => {
  const { loader, bytes } = await writeModule(lower(graph, wasm.lowering))
  const module = await WebAssembly.compile(bytes)
  const expected = logitsOf(1)
  for (let k = 0; k < 1000; k++) {
    const model = await loader.load(module)
    expect([...(model.run({ image: image(1) }).logits as Float32Array)]).toEqual(expected)
  }
})

test('an array whose memory went to another thread is refused, and the next one is not', async () => {
  const { loader } = await writeModule(lower(graph, wasm.lowering))
  const model = await loader.load()
  const gone = image(1)
  structuredClone(gone, { transfer: [gone.buffer] })
  expect(() => model.run({ image: gone })).toThrow("'image' has 0 elements")
  expect([...(model.run({ image: image(2) }).logits as Float32Array)]).toEqual(logitsOf(2))
  const result = new Float32Array(3)
  structuredClone(result, { transfer: [result.buffer] })
  expect(() => model.run({ image: image(2) }, { logits: result })).toThrow('logits')
})

const THREADS = 8
/** Every thread runs its own inputs many times, in a workspace of its own, and compares with the first result. */
const program = `
#include "small.c"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
static float images[${THREADS}][72], results[${THREADS}][3];
static char memory[${THREADS}][SMALL_WORKSPACE_BYTES + 64];
static void *work(void *which) {
  int k = (int)(size_t)which;
  void *workspace = memory[k] + (64 - (size_t)memory[k] % 64) % 64;
  for (int turn = 0; turn < 200; turn++) {
    float logits[3];
    small_run(images[k], logits, workspace);
    if (turn > 0 && memcmp(logits, results[k], sizeof logits) != 0) return which;
    memcpy(results[k], logits, sizeof logits);
  }
  return 0;
}
int main(void) {
  pthread_t threads[${THREADS}];
  int failed = 0;
  for (int k = 0; k < ${THREADS}; k++)
    for (int i = 0; i < 72; i++) images[k][i] = (float)((i * (k + 7)) % 17) / 8 - 1;
  for (int k = 0; k < ${THREADS}; k++) pthread_create(&threads[k], 0, work, (void *)(size_t)(k));
  for (int k = 0; k < ${THREADS}; k++) {
    void *wrong;
    pthread_join(threads[k], &wrong);
    failed |= wrong != 0;
  }
  for (int k = 0; k < ${THREADS}; k++) printf("%.9g %.9g %.9g\\n", results[k][0], results[k][1], results[k][2]);
  return failed;
}
`

test.runIf(hasCompiler('gcc'))('eight threads share the code and its constants, as ThreadSanitizer sees', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-threads-'))
  try {
    for (const { path, content } of c.print(lower(graph, c.lowering), { version: 'test' }))
      writeFileSync(join(folder, path), content)
    writeFileSync(join(folder, 'main.c'), program)
    const flags = ['-O1', '-g', '-fsanitize=thread', '-pthread', 'main.c', '-lm', '-o', 'main']
    execaSync('gcc', flags, { cwd: folder })
    const { stdout } = execaSync(join(folder, 'main'), [], { cwd: folder })
    const printed = stdout.split('\n').map(line => line.split(' ').map(Number))
    expect(printed).toEqual(Array.from({ length: THREADS }, (_, k) => logitsOf(k)))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
