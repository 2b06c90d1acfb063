// Moving between SQLite and a real PostgreSQL, both ways: everything arrives as it was.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrateStore } from '../src/migrate-store.js';
import { openStore } from '../src/open-store.js';
import type { Store } from '../src/storage/store.js';
import { fillStore } from '../src/testing/filled-store.js';
import { SampleRun, sampleRecord } from '../src/testing/sample-run.js';
import { POSTGRES, PostgresServer } from './support/postgres.js';

describe.skipIf(POSTGRES === undefined)('migrating (needs PostgreSQL)', () => {
  let server: PostgresServer;
  let base: string;
  let database: string;
  let url: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'xtrack-move-'));
    database = await server.createDatabase();
    url = server.url(database);
  });

  afterEach(() => rm(base, { recursive: true }));
  afterAll(() => server.remove());

  async function using<T>(store: Store, work: (store: Store) => Promise<T>): Promise<T> {
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  const sqlite = (name: string): Promise<Store> => openStore({ store: 'sqlite' }, join(base, name));

  it('goes from SQLite to PostgreSQL and back, and every byte and every point is the same', async () => {
    const runIds = await using(await sqlite('source'), fillStore);
    const there = await migrateStore({ from: join(base, 'source'), to: url });
    expect(there).toEqual({ runs: runIds.length, copied: [...runIds], live: [], verified: runIds.length, different: [] });
    const back = await migrateStore({ from: url, to: join(base, 'back') });
    expect(back).toMatchObject({ copied: [...runIds], verified: runIds.length, different: [] });
    const round = await migrateStore({ from: join(base, 'source'), to: join(base, 'back'), verifyOnly: true });
    expect(round).toMatchObject({ verified: runIds.length, different: [] });
  });

  it('gives a long series its groups on the way, so that its charts cost as little', async () => {
    await using(await sqlite('source'), async (source) => {
      for (let from = 1; from <= 70_000; from += 10_000) {
        const run = new SampleRun('long');
        for (let seq = from; seq < from + 10_000; seq++) run.metric({ seq, step: seq, value: Math.sin(seq) });
        await source.commit(run.take({ runs: [sampleRecord('long', { status: 'completed', endedAt: 1 })] }));
      }
    });
    expect(await migrateStore({ from: join(base, 'source'), to: url })).toMatchObject({ verified: 1, different: [] });
    const groups = await server.query('SELECT track, first_chunk::int, count FROM chunk_groups', database);
    expect(groups).toEqual([{ track: 1, first_chunk: 1, count: 65_536 }]);
  });

  it('goes on where it was cut off in the middle of a run', async () => {
    const runIds = await using(await sqlite('source'), fillStore);
    await using(await openStore({ database: url }, base), async (target) => {
      await using(await sqlite('source'), async (source) => {
        // The beginning of a copy that was killed: blocks, and no row of the run yet.
        for await (const { runId, bytes, events, implied } of source.readBlocks('long')) {
          const none = { tracks: [], runs: [], marks: [], entries: [], commands: [], warnings: [], deadLetters: [] };
          const empty = new Float64Array(0);
          const points = { length: 0, track: new Uint32Array(0), seq: empty, step: empty, epoch: empty, ts: empty, value: empty };
          await target.commit({ ...none, points, blocks: [{ runId, bytes, events, implied }] });
          break;
        }
      });
    });
    expect(await migrateStore({ from: join(base, 'source'), to: url })).toMatchObject({ verified: runIds.length, different: [] });
  });
});
