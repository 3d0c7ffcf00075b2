import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { globalSetup: ['./test/embed.js'], testTimeout: 60_000 },
})
