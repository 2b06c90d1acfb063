// An emitter that is killed while its spool is full: what it had dropped and not yet declared is declared by whoever takes the file in.

import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { streamFile, XTrack } from '../src/index.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const METRICS = 30_000;
const SCRIPT = `
import os, xtrack
run = xtrack.start_run()
for step in range(${METRICS}):
    run.log_metric("loss", 0.5, step=step)
os.kill(os.getpid(), 9)
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xtrack-drops-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

it('stored and declared are all that was logged', async () => {
  const more = { XTRACK_DATA: folder, XTRACK_RUN_ID: 'r1', XTRACK_TRANSPORT: 'unix', XTRACK_SPOOL_CAP: String(1 << 20) };
  spawnSync(PYTHON, ['-c', SCRIPT], { env: { ...process.env, PYTHONPATH: PYTHON_PACKAGE, ...more } });
  const names = (await readdir(join(folder, 'spool'))).filter((name) => name.endsWith('.spool')).sort();
  let stored = 0;
  let declared = 0;
  const reasons = new Set<string | undefined>();
  for (const name of names) {
    for await (const item of streamFile(join(folder, 'spool', name))) {
      if (item.kind !== 'message') continue;
      const { message } = item;
      if (message.type === 'metric') stored += 1;
      if (message.type === 'gap') {
        declared += message.counts?.metric ?? 0;
        reasons.add(message.reason);
      }
    }
  }
  expect(stored + declared).toBe(METRICS);
  expect(reasons).toContain('killed');
  const xtrack = await XTrack.start({ directory: folder });
  try {
    await expect.poll(async () => (await readdir(join(folder, 'spool'))).length, { timeout: 60_000 }).toBe(0);
    const run = await xtrack.getRun('r1');
    expect(run.counts.metric).toBe(stored);
  } finally {
    await xtrack.close();
  }
}, 120_000);
