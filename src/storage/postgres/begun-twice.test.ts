// Two control planes begin one run at the same moment: neither finds its row, and only one of them may make it.

import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { POSTGRES, PostgresServer } from '../../../test/support/postgres.js';
import { SampleRun } from '../../testing/sample-run.js';
import { openPostgresStore } from './store.js';

describe.skipIf(POSTGRES === undefined)('a run that is begun twice at once (needs PostgreSQL)', () => {
  it('is the one’s that stores it first; the other is refused, and stores nothing of it', async () => {
    const server = await PostgresServer.start();
    const url = server.url(await server.createDatabase());
    const store = await openPostgresStore({ url });
    const rival = new Client({ connectionString: url });
    await rival.connect();
    try {
      // The other one's transaction has made the row, and is not over yet.
      await rival.query("BEGIN; INSERT INTO runs (run_id, revision) VALUES ('r', 5)");
      const commit = store.commit(new SampleRun('r').metric({ seq: 1 }).take({ revisions: [{ runId: 'r', from: 0, to: 7 }] }));
      const waits = async (): Promise<boolean> => (await rival.query('SELECT 1 FROM pg_locks WHERE NOT granted')).rows.length > 0;
      while (!(await waits())) await delay(20);
      await rival.query('COMMIT');
      expect(await commit).toEqual([{ runId: 'r', code: 'XT_RUN_CHANGED', detail: expect.stringContaining('another process') }]);
      expect(await store.getRevision?.('r')).toBe(5);
      for await (const block of store.readBlocks('r')) expect(block).toBeUndefined();
    } finally {
      await rival.end();
      await store.close();
      await server.remove();
    }
  });
});
