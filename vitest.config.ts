import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { globalSetup: ['./test/embed.js'], setupFiles: ['./test/setup.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
})
