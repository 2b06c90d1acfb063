import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that take minutes are run by `npm run test:long` alone. */
const LONG = ['src/**/*.long.test.ts', 'test/**/*.long.test.ts'];
const long = process.env.XTRACK_TEST_LONG === '1';

export default defineConfig({
  test: {
    include: long ? LONG : ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: long ? configDefaults.exclude : [...configDefaults.exclude, ...LONG],
    // A limit is there for what hangs: a busy machine may take many times as long as a quiet one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000, interval: 50 } },
    setupFiles: ['test/support/setup.ts'],
    // Every buffer that is given back is spoiled: who still reads it is found out. Child processes inherit it.
    env: { XTRACK_SPOIL_BUFFERS: '1' },
    pool: 'forks',
    // Most tests wait for processes of their own: one at a time would leave a core of two idle.
    maxWorkers: long ? 1 : Math.max(2, availableParallelism() - 1),
    passWithNoTests: long,
    reporters: ['default'],
  },
});
