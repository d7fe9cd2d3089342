import { defineConfig } from 'vitest/config'

// One project a kind of test, so that `vitest run --project unit` stays quick. End-to-end tests start real servers:
// one file at a time, and a failure there says more than a time-out would.
const project = (name: string, more: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...more },
})

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 20_000,
    projects: [
      project('unit'),
      project('property', { testTimeout: 60_000 }),
      project('rules'),
      project('contract', { testTimeout: 60_000 }),
      project('dialogs', { testTimeout: 60_000 }),
      project('bad-config'),
      project('e2e', { testTimeout: 300_000, hookTimeout: 120_000, fileParallelism: false }),
    ],
  },
})
