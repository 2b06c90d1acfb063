// Simulated schedules: fixed seeds, and every seed that ever found a fault.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('./simulation/run.mjs', import.meta.url));
const FOUND = fileURLToPath(new URL('./simulation/found.txt', import.meta.url));

/** What the command says when it ends well; the test fails with all that it said otherwise. */
async function run(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, ...args], { maxBuffer: 64 * 1024 * 1024 }).catch((error) => {
    throw new Error(`${args.join(' ')}\n${error.stdout}${error.stderr}`);
  });
  return stdout;
}

it('holds every invariant through a thousand schedules', async () => {
  expect(await run('--from', '1', '--count', '1000', '--workers', '2')).toContain('1000 schedules, 0 failed');
});

it('holds every invariant through the schedules that found a fault once', async () => {
  const seeds = readFileSync(FOUND, 'utf8').match(/^\d+/gm) ?? [];
  expect(seeds.length).toBeGreaterThan(0);
  expect(await run('--list', seeds.join(','), '--workers', '2')).toContain(`${seeds.length} schedules, 0 failed`);
});

it.each([
  'an event is acknowledged before its commit',
  'a mark is one too high',
  'the bytes of a chunk are not copied',
  'a commit that was refused is taken for done',
  'a stranger is let in without hello',
])('catches a planted bug: %s', async (name) => {
  expect(await run('--plants', '--count', '500', '--plant', name)).toContain('1 of 1 planted bugs caught');
});
