import { execa } from 'execa'
import { expect, test } from 'vitest'

/** Minutes: two where all tests have to run, else a glimpse. XNORC_FUZZ_MINUTES says otherwise. */
const minutes = Number(process.env.XNORC_FUZZ_MINUTES ?? (process.env.CI === 'true' ? 2 : 0.1))

test('random networks of the day agree with onnxruntime', { timeout: (minutes + 8) * 60_000 }, async () => {
  const { stdout, exitCode } = await execa('node', ['scripts/fuzz.js', '--minutes', `${minutes}`], { reject: false })
  console.log(stdout)
  expect(exitCode, stdout).toBe(0)
  expect(stdout).toMatch(/^### [1-9]\d* networks of seed \d+/m)
})
