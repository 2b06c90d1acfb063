// A control plane that takes over the runs of others: what it can see of their processes, and what it cannot.

import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Peer } from '../../test/support/peer.js';
import { openSqliteStore } from '../storage/sqlite/store.js';
import { sampleBatch, sampleRecord } from '../testing/sample-run.js';
import { XTrack } from '../xtrack.js';

it('records the end of a process that is gone, and of one of another machine says nothing: its worker goes on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xtrack-adoption-'));
  const store = await openSqliteStore({ directory });
  const started = { startTime: '1@before', command: 'train', args: [], cwd: '/', stdoutPath: '/none', stderrPath: '/none' };
  // On the other machine it is a number like any other, and here nobody has it.
  const gone = { pid: 2 ** 22 + 1, ...started };
  const owner = { pid: 2 ** 22 + 2, startTime: '1@before' };
  const here = sampleRecord('here', { owner, process: { ...gone, host: hostname() } });
  // The newest is looked at first: whatever became of it stands there before the other's end.
  const away = sampleRecord('away', { owner, createdAt: here.createdAt + 1, process: { ...gone, host: `not-${hostname()}` } });
  await store.commit(sampleBatch({ runs: [away, here] }));
  await store.close();
  const xtrack = await XTrack.start({ directory });
  try {
    expect(await xtrack.waitForRun('here')).toMatchObject({ status: 'failed', error: { type: 'ExitUnknown' } });
    expect(await xtrack.getRun('away')).toMatchObject({ status: 'interrupted', error: null });
    const worker = new Peer({ path: xtrack.socketPath as string }, { runId: 'away' });
    await worker.hello();
    worker.send({ type: 'run_start' });
    worker.send({ type: 'run_end', status: 'completed' });
    await worker.acked(2);
    worker.close();
    expect(await xtrack.getRun('away')).toMatchObject({ status: 'completed' });
  } finally {
    await xtrack.close();
    await rm(directory, { recursive: true, force: true });
  }
});
