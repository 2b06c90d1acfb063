import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that take minutes are run by `npm run test:long` alone. */
const LONG = ['src/**/*.long.test.ts', 'test/**/*.long.test.ts'];
const long = process.env.XTRACK_TEST_LONG === '1';

/** Whole systems first, units last: at the end no worker is left alone with minutes of work. */
class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const path = relative(import.meta.dirname, moduleId);
      return path.startsWith('test/') ? 0 : path.startsWith('src/storage/') ? 1 : 2;
    };
    return (await super.sort(specifications)).sort((a, b) => rank(a) - rank(b));
  }
}

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
    sequence: { sequencer: LongestFirst },
    // Most tests wait for processes of their own: as many workers as cores would leave some of them idle.
    maxWorkers: long ? 1 : availableParallelism() + 1,
    passWithNoTests: long,
    reporters: ['default'],
  },
});
