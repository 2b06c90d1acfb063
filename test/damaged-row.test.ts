// A control plane that starts beside a damaged run takes up the others.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { openWriter } from '../src/storage/sqlite/driver.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { SampleRun, sampleRecord } from '../src/testing/sample-run.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-damaged-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a damaged row of a live run', () => {
  it('keeps no control plane from taking up the others', async () => {
    const store = await openSqliteStore({ directory });
    const owner = { pid: 4_194_305, startTime: 'never' };
    for (const runId of ['damaged', 'sound'])
      await store.commit(new SampleRun(runId).metric({ seq: 1 }).take({ runs: [sampleRecord(runId, { status: 'running', owner })] }));
    await store.close();
    const connection = openWriter(join(directory, 'xtrack.db'));
    connection.exec(`UPDATE runs SET record = '{"runId":"dam' WHERE run_id = 'damaged'`);
    connection.close();
    const xtrack = await XTrack.start({ directory });
    try {
      await expect.poll(async () => (await xtrack.getRun('sound')).status).toBe('interrupted');
      expect((await xtrack.listRuns()).map(({ runId }) => runId)).toEqual(['sound']);
      await expect(xtrack.getRun('damaged')).rejects.toThrow();
    } finally {
      await xtrack.close();
    }
  });
});
