import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that take minutes are run by `npm run test:long` alone. */
const LONG = ['src/**/*.long.test.ts', 'test/**/*.long.test.ts'];
const long = process.env.XTRACK_TEST_LONG === '1';
/** Tests of single modules. */
const UNITS = ['src/**/*.test.ts', 'web/src/**/*.test.ts'];
const WHOLE = 'test/**/*.test.ts';

/** Whether it puts other modules in the place of some: then it shares none with another file. */
function replacesModules(file: string): boolean {
  return file.endsWith('.test.ts') && /\bvi\.(mock|doMock|resetModules)\(/.test(readFileSync(join(import.meta.dirname, file), 'utf8'));
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
}

/** Half of the time of the tests of modules was the same imports anew: they share them, and a process for many files. */
function projects() {
  const apart = [...filesBelow('src'), ...filesBelow('web/src')].filter(replacesModules);
  const without = [...configDefaults.exclude, ...LONG];
  return [
    { extends: true as const, test: { name: 'units', include: UNITS, exclude: [...without, ...apart], isolate: false } },
    { extends: true as const, test: { name: 'whole', include: [WHOLE, ...apart], exclude: without } },
  ];
}

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
    ...(long ? { include: LONG } : { projects: projects() }),
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
