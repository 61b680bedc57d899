import { defineConfig } from 'vitest/config';

/** What a test waits for may come late where many run at once on a slow machine; only a failure takes so long. */
const expectation = { poll: { timeout: 45_000 } };

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 120_000, expect: expectation } },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          globalSetup: ['tests/support/cluster.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          expect: expectation,
        },
      },
    ],
  },
});
