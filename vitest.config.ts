import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// One project a kind of test, so that `vitest run --project unit` stays quick. End-to-end tests start real servers:
// two files at a time, and a failure there says more than a time-out would. The limits are for what never comes; a machine that
// stalls for a second must not meet them, so what a test waits for (20 s here, as in test/support) ends before the test does.
const project = (name: string, more: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...more },
})

export default defineConfig({
  test: {
    pool: 'forks',
    // Two at least: most tests wait for servers and for the disk.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000, interval: 20 } },
    projects: [
      project('unit'),
      project('property'),
      project('rules'),
      project('contract'),
      project('dialogs'),
      project('bad-config'),
      project('e2e', { testTimeout: 300_000, hookTimeout: 120_000, maxWorkers: 2 }),
    ],
  },
})
