// The open tails are derived: whatever the moment and whoever looks, blocks and chunks give the same series as the plainest store.

import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleRun, sampleBatch, sampleRecord } from '../../../testing/sample-run.js';
import { openMemoryStore } from '../../memory/store.js';
import type { Batch, Store } from '../../store.js';
import { openSqliteStore } from '../store.js';

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'xtrack-tails-'));
});

afterEach(() => rm(base, { recursive: true }));

/** The files as a kill at this moment would leave them. */
async function crashCopy(directory: string): Promise<string> {
  const copy = await mkdtemp(join(base, 'crash-'));
  for (const file of ['xtrack.db', 'xtrack.db-wal']) await copyFile(join(directory, file), join(copy, file));
  return copy;
}

async function seriesOf(store: Store, runId: string): Promise<unknown> {
  const summaries = await store.listSeries(runId);
  const keys = [...new Set(summaries.map(({ key }) => key))];
  return { summaries, data: await Promise.all(keys.map((key) => store.readSeries({ runId, key }))) };
}

/** The same batch for two stores: each owns the arrays that it is given. */
async function commitBoth(batch: Batch, stores: readonly Store[]): Promise<void> {
  for (const store of stores) await store.commit(structuredClone(batch));
}

async function withReader(directory: string, body: (reader: Store) => Promise<void>): Promise<void> {
  const reader = await openSqliteStore({ directory, readOnly: true });
  await body(reader);
  await reader.close();
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

describe('open tails', () => {
  it('give what a store in memory gives: to the writer, to a follower, after a crash, and to the next writer', {
    timeout: 120_000,
  }, async () => {
    const property = fc.asyncProperty(fc.array(commit, { minLength: 1, maxLength: 6 }), async (commits) => {
      const directory = await mkdtemp(join(base, 'data-'));
      const [model, store] = [await openMemoryStore(), await openSqliteStore({ directory })];
      const run = new SampleRun();
      const { runId } = run;
      // Late events: every second commit comes after the one that follows it.
      const starts = commits.map((_, at) => 1 + 1_000 * (at % 2 === 0 ? at + 1 : at - 1));
      for (const [at, plan] of commits.entries()) {
        fill(run, starts[at] as number, plan);
        await commitBoth(run.take(), [model, store]);
      }
      const expected = await seriesOf(model, runId);
      expect(await seriesOf(store, runId)).toEqual(expected);
      await withReader(directory, async (reader) => expect(await seriesOf(reader, runId)).toEqual(expected));
      const second = await openSqliteStore({ directory: await crashCopy(directory) });
      expect(await seriesOf(second, runId)).toEqual(expected);
      const later = new SampleRun(runId);
      fill(later, 50_000, { events: 1_500, shake: 10, keys: 2 });
      await commitBoth(later.take({ runs: [sampleRecord(runId, { status: 'completed' })] }), [model, second]);
      expect(await seriesOf(second, runId)).toEqual(await seriesOf(model, runId));
      for (const one of [store, second]) await one.close();
    });
    await fc.assert(property, { numRuns: 6 });
  });

  it('are written down on the way, and agree before and after', async () => {
    const directory = join(base, 'long');
    const [model, store] = [await openMemoryStore(), await openSqliteStore({ directory })];
    const run = new SampleRun();
    for (let part = 0; part < 24; part++) {
      fill(run, 1 + part * 3_000, { events: 3_000, shake: part % 3 === 0 ? 9_000 : 1, keys: 1 });
      await commitBoth(run.take(), [model, store]);
      if (part % 4 !== 3) continue;
      const expected = await seriesOf(model, run.runId);
      await withReader(directory, async (reader) => expect(await seriesOf(reader, run.runId)).toEqual(expected));
      await withReader(await crashCopy(directory), async (reader) => expect(await seriesOf(reader, run.runId)).toEqual(expected));
    }
    await store.close();
  });
});

describe('a long read', () => {
  it('lets commits in between, and still sees one moment', async () => {
    const store = await openSqliteStore({ directory: join(base, 'reads') });
    const count = 400_000;
    const column = (value: (at: number) => number): Float64Array => Float64Array.from({ length: count }, (_, at) => value(at));
    const track = { id: 9_000_001, runId: 'r', worker: '', incarnation: 'a', key: 'loss', phase: '', aggregation: '' } as const;
    const points = { length: count, track: new Uint32Array(count).fill(track.id), seq: column((at) => at + 1), step: column((at) => at) };
    const rest = { epoch: column(() => Number.NaN), ts: column((at) => at * 350), value: column(Math.sin) };
    await store.commit(sampleBatch({ runs: [sampleRecord('r')], tracks: [track], points: { ...points, ...rest } }));
    const order: string[] = [];
    const read = store.readSeries({ runId: 'r', key: 'loss' }).then((series) => {
      order.push('read');
      return series;
    });
    const more = new SampleRun('r').metric({ seq: count + 1, value: 5 }).take();
    await Promise.all([read, store.commit(more).then(() => order.push('commit'))]);
    expect(order).toEqual(['commit', 'read']);
    expect((await read)[0]?.total).toBe(count);
    expect((await store.readSeries({ runId: 'r', key: 'loss', maxPoints: 10 }))[0]?.total).toBe(count + 1);
    await store.close();
  });
});
