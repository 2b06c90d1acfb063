// Every planted bug is caught: a simulation that finds nothing proves nothing.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('./simulation/run.mjs', import.meta.url));

it('catches every planted bug', { timeout: 3_600_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, '--plants', '--workers', '2', '--count', '10000']).catch((error) => {
    throw new Error(`${error.stdout}${error.stderr}`);
  });
  expect(stdout).not.toContain('NOT CAUGHT');
  expect(Number(/(\d+) of \d+ planted bugs caught/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(20);
});
