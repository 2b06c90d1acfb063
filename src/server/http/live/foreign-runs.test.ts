// Runs of other processes: seen when they change, and nothing is read while they do not.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeEvent } from '../../../protocol/index.js';
import { XTrack } from '../../../xtrack.js';
import { ForeignRuns } from './foreign-runs.js';

let directory: string;
let here: XTrack;
let there: XTrack;
let reads: number;
let foreign: ForeignRuns;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-foreign-'));
  here = await XTrack.start({ directory });
  there = await XTrack.start({ directory });
  reads = 0;
  foreign = new ForeignRuns({
    foreignRevision: () => here.foreignRevision(),
    // Of one process, so each would take the other's runs for its own.
    foreignRuns: async () => {
      reads += 1;
      return await here.listRuns();
    },
    getRun: (runId) => here.getRun(runId),
    getCommands: (runId) => here.getCommands(runId),
  });
});

afterEach(async () => {
  await here.close();
  await there.close();
  rmSync(directory, { recursive: true, force: true });
});

async function tell(xtrack: XTrack, runId: string): Promise<void> {
  const start = encodeEvent({ type: 'run_start', runId, worker: '', incarnation: 'i', seq: 1, ts: 1 });
  await xtrack.ingest(start, { format: 'frames', mayWrite: () => true });
}

it('are read when another process has written, and not for what this one writes', async () => {
  await foreign.changes();
  const before = reads;
  for (let round = 0; round < 5; round += 1) expect(await foreign.changes()).toEqual([]);
  await tell(here, 'mine');
  expect(await foreign.changes()).toEqual([]);
  expect(reads).toBe(before);
  await tell(there, 'theirs');
  expect((await foreign.changes()).map(({ runId }) => runId)).toContain('theirs');
  expect(reads).toBe(before + 1);
});
