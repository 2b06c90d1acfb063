// A connection that is cut at the worst moment, and a server that goes away: nothing lost, nothing twice, and all resumes by itself.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { POSTGRES, PostgresServer } from '../../../test/support/postgres.js';
import { type Fate, PostgresProxy } from '../../../test/support/postgres-proxy.js';
import { SampleRun, sampleMark } from '../../testing/sample-run.js';
import type { Store } from '../store.js';
import { openPostgresStore } from './store.js';

const PER_COMMIT = 40;

/** Events from..to of a run as one commit: a metric each, every tenth with a log line. */
async function commit(store: Store, run: SampleRun, from: number): Promise<void> {
  const to = from + PER_COMMIT - 1;
  for (let seq = from; seq <= to; seq++) {
    run.metric({ seq, value: seq, step: seq });
    if (seq % 10 === 0) run.log({ seq: seq + 1_000_000, message: `at ${seq}` });
  }
  await store.commit(run.take({ marks: [sampleMark(run.runId, { contiguous: to })] }));
}

/** The run holds seq 1..count, nothing twice, nothing missing, in points, summaries, entries and event log alike. */
async function expectWhole(store: Store, runId: string, count: number): Promise<void> {
  const [series] = await store.readSeries({ runId, key: 'loss' });
  expect(series?.kind === 'points' ? Array.from(series.seq) : []).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  expect(await store.listSeries(runId)).toMatchObject([{ count, first: { value: 1 }, last: { value: count } }]);
  expect(await store.getEntries({ runId, kind: 'log' })).toHaveLength(Math.floor(count / 10));
  expect(await store.getMarks(runId)).toMatchObject([{ contiguous: count }]);
  let events = 0;
  for await (const block of store.readBlocks(runId)) events += block.events;
  expect(events).toBe(count + Math.floor(count / 10));
}

describe.skipIf(POSTGRES === undefined)('faults (needs PostgreSQL)', () => {
  let server: PostgresServer;
  let proxy: PostgresProxy;
  let database: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  beforeEach(async () => {
    database = await server.createDatabase();
    proxy = await PostgresProxy.start(server.socket);
  });

  afterEach(() => proxy.close());
  afterAll(() => server.remove());

  async function expectWholeFromOutside(count: number): Promise<void> {
    const reader = await openPostgresStore({ url: server.url(database), readOnly: true });
    await expectWhole(reader, 'r', count);
    await reader.close();
  }

  describe('a connection that is cut', () => {
    const fates: [string, Fate, number][] = [
      ['before COMMIT arrives', 'lost', 60],
      ['after COMMIT was sent, before its answer', 'unanswered', 60],
      ['while COMMIT is on its way, to arrive after the second try', { late: 400 }, 20],
    ];

    it.each(fates)('%s: the commit is stored once', async (_when, fate, commits) => {
      const store = await openPostgresStore({ url: server.url(database, proxy.folder), retryFor: 50_000 });
      const run = new SampleRun('r');
      for (let number = 0; number < commits; number++) {
        let times = number % 5 === 2 ? 1 : 0;
        proxy.fate = () => (times-- > 0 ? fate : 'pass');
        await commit(store, run, 1 + number * PER_COMMIT);
      }
      await expectWhole(store, 'r', commits * PER_COMMIT);
      await store.close();
      await expectWholeFromOutside(commits * PER_COMMIT);
    });

    it('at any moment, again and again, with reads in between: reads fail with XT_STORE_READ and recover', {
      timeout: 120_000,
    }, async () => {
      const store = await openPostgresStore({ url: server.url(database, proxy.folder), retryFor: 100_000 });
      const run = new SampleRun('r');
      const failures: unknown[] = [];
      let going = true;
      let commits = 0;
      const cutting = (async () => {
        for (let [round, from] = [0, 0]; going; round++, from = commits) {
          await delay(20 + ((round * 137) % 400));
          // However slow the machine: a commit gets through between two cuts, or none ever would.
          while (going && commits === from) await delay(1);
          await delay((round * 7) % 20);
          proxy.cut();
        }
      })();
      const reading = (async () => {
        for (; going; await delay(1)) await store.listSeries('r').catch((error: { code: string }) => failures.push(error.code));
      })();
      try {
        for (; commits < 150; commits++) await commit(store, run, 1 + commits * PER_COMMIT);
      } finally {
        going = false;
        await Promise.all([cutting, reading]);
      }
      expect([...new Set(failures)]).toEqual(failures.length === 0 ? [] : ['XT_STORE_READ']);
      await expectWhole(store, 'r', 150 * PER_COMMIT);
      await store.close();
      await expectWholeFromOutside(150 * PER_COMMIT);
    });
  });

  describe('a server', () => {
    it('of which a backend is killed with -9: every session is cut, and goes on', async () => {
      const store = await openPostgresStore({ url: server.url(database), retryFor: 50_000 });
      const run = new SampleRun('r');
      for (let number = 0; number < 40; number++) {
        if (number % 15 === 9) {
          const sessions = await server.query<{ pid: number }>(
            `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND application_name LIKE 'xtrack %'`,
          );
          expect(sessions.length).toBeGreaterThan(0);
          process.kill(sessions[0]?.pid as number, 'SIGKILL');
        }
        await commit(store, run, 1 + number * PER_COMMIT);
      }
      await store.close();
      await expectWholeFromOutside(40 * PER_COMMIT);
    });

    /** The store has asked for so many more connections than it had. */
    const tries = async (more: number): Promise<void> => {
      const before = proxy.connections;
      await expect.poll(() => proxy.connections).toBeGreaterThanOrEqual(before + more);
    };

    it('that is away for seconds: the commit waits, reads say so, and all goes on when it is back', async () => {
      const store = await openPostgresStore({ url: server.url(database, proxy.folder), retryFor: 100_000 });
      const run = new SampleRun('r');
      await commit(store, run, 1);
      await server.stop('immediate');
      let stored = false;
      const waiting = commit(store, run, 1 + PER_COMMIT).then(() => {
        stored = true;
      });
      await expect(store.getRun('r')).rejects.toMatchObject({ code: 'XT_STORE_READ' });
      await tries(4);
      expect(stored).toBe(false);
      await server.go();
      await waiting;
      await commit(store, run, 1 + 2 * PER_COMMIT);
      await expectWhole(store, 'r', 3 * PER_COMMIT);
      await store.close();
    });

    it('that does not come back: close() gives the commit up', async () => {
      const store = await openPostgresStore({ url: server.url(database, proxy.folder), retryFor: Number.POSITIVE_INFINITY });
      const run = new SampleRun('r');
      await commit(store, run, 1);
      await server.stop();
      const waiting = commit(store, run, 1 + PER_COMMIT).catch((error: unknown) => error);
      await tries(2);
      await store.close();
      expect(await waiting).toMatchObject({ code: 'XT_STORE_WRITE' });
      await server.go();
      await expectWholeFromOutside(PER_COMMIT);
    });

    it('that is not there is said at once, without the password', async () => {
      const url = 'postgres://me:hunter2@localhost/none?host=/nowhere';
      const failure = await openPostgresStore({ url }).then(
        () => undefined,
        (error: Error & { code: string }) => error,
      );
      expect(failure?.code).toBe('XT_STORE_OPEN');
      expect(failure?.message).not.toContain('hunter2');
    });
  });

  it('takes whatever a worker can put into a text, and stores the rest of the batch with it', async () => {
    const store = await openPostgresStore({ url: server.url(database) });
    const odd = 'NUL \u0000, a lone \ud800, a mark \u0001, \ufffe and "quotes\'';
    const run = new SampleRun('r', { [odd]: odd });
    run.metric({ seq: 1, key: odd, worker: odd, incarnation: odd, value: 1 }).metric({ seq: 2, value: 2 });
    run.param({ seq: 3, key: odd, value: { [odd]: odd } }).log({ seq: 4, message: odd, logger: odd });
    const batch = run.take({
      marks: [sampleMark('r', { worker: odd, incarnation: odd })],
      warnings: [{ runId: 'r', at: 1, code: odd, detail: odd, field: odd, worker: odd, seq: 1 }],
      deadLetters: [{ runId: 'r', at: 1, code: odd, bytes: Uint8Array.of(0, 255) }],
    });
    const { blocks, marks, warnings, entries } = structuredClone(batch);
    await store.commit({ ...batch, runs: batch.runs.map((record) => ({ ...record, name: odd, experimentId: odd, tags: { [odd]: odd } })) });
    expect(await store.findRuns({ experimentId: odd, tags: { [odd]: odd }, text: odd })).toMatchObject([
      { name: odd, tags: { [odd]: odd } },
    ]);
    expect((await store.listSeries('r')).map(({ key, worker }) => [key, worker])).toEqual([
      [odd, odd],
      ['loss', ''],
    ]);
    expect(await store.readSeries({ runId: 'r', key: odd })).toMatchObject([{ total: 1 }]);
    expect(await store.getMarks('r')).toEqual(marks);
    expect(await store.getWarnings('r')).toEqual(warnings);
    expect([...(await store.getEntries({ runId: 'r', kind: 'param' })), ...(await store.getEntries({ runId: 'r', kind: 'log' }))]).toEqual(
      entries,
    );
    for await (const block of store.readBlocks('r')) expect(block).toMatchObject({ ...blocks[0], id: 1 });
    expect(await store.getRun(odd)).toBeUndefined();
    await store.close();
  });
});
