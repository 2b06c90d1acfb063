// The open tails are derived: whatever the moment and whoever looks, blocks and chunks give the same series as the plainest store.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POSTGRES, PostgresServer } from '../../../../test/support/postgres.js';
import { SampleRun, sampleRecord } from '../../../testing/sample-run.js';
import { openMemoryStore } from '../../memory/store.js';
import type { Batch, Store } from '../../store.js';
import { openPostgresStore } from '../store.js';

async function seriesOf(store: Store, runId: string): Promise<unknown> {
  const summaries = await store.listSeries(runId);
  const keys = [...new Set(summaries.map(({ key }) => key))];
  return { summaries, data: await Promise.all(keys.map((key) => store.readSeries({ runId, key }))) };
}

/** The same batch for two stores: each owns the arrays that it is given. */
async function commitBoth(batch: Batch, stores: readonly Store[]): Promise<void> {
  for (const store of stores) await store.commit(structuredClone(batch));
}

/** Events in a commit: how many, how far their order is shaken, and how many metrics each has. */
const commit = fc.record({
  events: fc.integer({ min: 1, max: 900 }),
  shake: fc.constantFrom(1, 1, 50, 4_000),
  keys: fc.integer({ min: 1, max: 3 }),
});

function fill(run: SampleRun, from: number, { events, shake, keys }: { events: number; shake: number; keys: number }): void {
  const seqs = Array.from({ length: events }, (_, at) => from + at);
  seqs.sort((a, b) => a + ((a * 7_919) % shake) - b - ((b * 7_919) % shake));
  for (const seq of seqs) {
    const metrics = new Map(Array.from({ length: keys }, (_, key) => [`k${key}`, Math.sin(seq) + key] as const));
    run.metrics({ seq, step: seq, metrics, incarnation: seq % 3 === 0 ? 'b' : 'a' });
  }
}

type Plan = Parameters<typeof fill>[2];

/** Two commits by one writer, two by the other: each finds what the other has written meanwhile. */
async function takeTurns(commits: readonly Plan[], model: Store, writers: readonly Store[], reader: Store): Promise<void> {
  const runs = writers.map(() => new SampleRun('r'));
  // Late events: every second commit comes after the one that follows it.
  const starts = commits.map((_, at) => 1 + 1_000 * (at % 2 === 0 ? at + 1 : at - 1));
  const expectAgreement = async (): Promise<void> => {
    const expected = await seriesOf(model, 'r');
    for (const store of [...writers, reader]) expect(await seriesOf(store, 'r')).toEqual(expected);
  };
  for (const [at, plan] of commits.entries()) {
    const turn = (at >> 1) % 2;
    const run = runs[turn] as SampleRun;
    fill(run, starts[at] as number, plan);
    await commitBoth(run.take(), [model, writers[turn] as Store]);
    await expectAgreement();
  }
  const later = new SampleRun('r');
  fill(later, 50_000, { events: 1_500, shake: 10, keys: 2 });
  await commitBoth(later.take({ runs: [sampleRecord('r', { status: 'completed' })] }), [model, writers[1] as Store]);
  await expectAgreement();
}

describe.skipIf(POSTGRES === undefined)('open tails (needs PostgreSQL)', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  afterAll(() => server.remove());

  it('give what a store in memory gives: to the writer, to a follower, and to writers that take turns without a word', {
    timeout: 120_000,
  }, async () => {
    const property = fc.asyncProperty(fc.array(commit, { minLength: 1, maxLength: 6 }), async (commits) => {
      const url = server.url(await server.createDatabase());
      const model = await openMemoryStore();
      const stores = await Promise.all([openPostgresStore({ url }), openPostgresStore({ url })]);
      const reader = await openPostgresStore({ url, readOnly: true });
      try {
        await takeTurns(commits, model, stores, reader);
      } finally {
        await Promise.all([...stores, reader].map((store) => store.close()));
      }
    });
    await fc.assert(property, { numRuns: 6 });
  });

  it('are written down on the way, and agree before and after', async () => {
    const url = server.url(await server.createDatabase());
    const [model, store] = [await openMemoryStore(), await openPostgresStore({ url })];
    const reader = await openPostgresStore({ url, readOnly: true });
    const run = new SampleRun('r');
    for (let part = 0; part < 24; part++) {
      fill(run, 1 + part * 3_000, { events: 3_000, shake: part % 3 === 0 ? 9_000 : 1, keys: 1 });
      await commitBoth(run.take(), [model, store]);
      if (part % 4 !== 3) continue;
      const expected = await seriesOf(model, 'r');
      expect(await seriesOf(store, 'r')).toEqual(expected);
      expect(await seriesOf(reader, 'r')).toEqual(expected);
    }
    await Promise.all([store.close(), reader.close()]);
  });
});
