import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['./test/embed.js'],
    setupFiles: ['./test/setup.ts'],
    // vitest would leave a core to whoever watches: on two cores the suite would take twice as long.
    maxWorkers: '100%',
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
