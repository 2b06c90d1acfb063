// Points: every one, exact, in the order of the port, whatever way they came in.

import { expect } from 'vitest';
import type { SeriesData, SeriesQuery, Store } from '../../storage/store.js';
import { SampleRun } from '../sample-run.js';
import type { StoreCase } from './case.js';

type Points = Extract<SeriesData, { kind: 'points' }>;

async function readAll(store: Store, query: SeriesQuery): Promise<Points[]> {
  const series = await store.readSeries(query);
  for (const one of series) expect(one.kind).toBe('points');
  return series as Points[];
}

async function values(store: Store, query: SeriesQuery): Promise<number[]> {
  const [series] = await readAll(store, query);
  return Array.from(series?.value ?? []);
}

async function allOf(store: Store, queries: readonly SeriesQuery[]): Promise<SeriesData[][]> {
  const all: SeriesData[][] = [];
  for await (const found of store.readManySeries(queries)) all.push(found);
  return all;
}

export function pointCases(test: StoreCase): void {
  test('gives points back exactly', async ({ store }) => {
    const run = new SampleRun();
    const odd = [0.1, -0, 1e308, -1e-320, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53 - 1];
    odd.forEach((value, at) => void run.metric({ seq: at + 1, value, ...(at % 2 === 0 ? { step: at } : { epoch: at / 2 }) }));
    await store.commit(run.take());
    const [series] = await readAll(store, { runId: run.runId, key: 'loss' });
    expect(Array.from(series?.value ?? [])).toEqual(odd);
    expect(Array.from(series?.seq ?? [])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Array.from(series?.step ?? [])).toEqual([0, Number.NaN, 2, Number.NaN, 4, Number.NaN, 6, Number.NaN]);
    expect(Array.from(series?.epoch ?? [])).toEqual([Number.NaN, 0.5, Number.NaN, 1.5, Number.NaN, 2.5, Number.NaN, 3.5]);
    expect(series).toMatchObject({ runId: run.runId, worker: '', key: 'loss', phase: '', aggregation: '', total: 8 });
  });

  test('keeps workers, phases and aggregations apart', async ({ store }) => {
    const run = new SampleRun();
    run.metric({ seq: 1, worker: '0', value: 1, context: { phase: 'train' } });
    run.metric({ seq: 1, worker: '1', value: 2, context: { phase: 'train' } });
    run.metric({ seq: 2, worker: '0', value: 3, context: { phase: 'val' } });
    run.metric({ seq: 3, worker: '0', value: 4, context: { phase: 'val', aggregation: 'mean' } });
    run.metric({ seq: 4, worker: '0', value: 5, key: 'acc' });
    await store.commit(run.take());
    const ids = (await store.listSeries(run.runId)).map(({ key, phase, worker, aggregation }) =>
      [key, phase, worker, aggregation].join(','),
    );
    expect(ids).toEqual(['acc,,0,', 'loss,train,0,', 'loss,train,1,', 'loss,val,0,', 'loss,val,0,mean']);
    expect(await readAll(store, { runId: run.runId, key: 'loss' })).toHaveLength(4);
    expect(await values(store, { runId: run.runId, key: 'loss', worker: '1' })).toEqual([2]);
    expect(await values(store, { runId: run.runId, key: 'loss', phase: 'val' })).toEqual([3]);
    expect(await readAll(store, { runId: run.runId, key: 'loss', phase: '' })).toEqual([]);
  });

  test('takes any string as a key', async ({ store }) => {
    const run = new SampleRun();
    const keys = ['__proto__', 'constructor', 'a\u0000b', 'a\ud800', 'a\ufffd', '\u0001x', 'a/b.c', '😀'];
    run.metrics({ seq: 1, metrics: new Map(keys.map((key, at) => [key, at])) });
    await store.commit(run.take());
    expect((await store.listSeries(run.runId)).map(({ key }) => key).sort()).toEqual([...keys].sort());
    for (const [at, key] of keys.entries()) expect(await values(store, { runId: run.runId, key })).toEqual([at]);
  });

  test('orders by incarnation, then seq, however the points arrive', async ({ store }) => {
    const run = new SampleRun();
    await store.commit(run.metric({ seq: 5, value: 5, incarnation: 'b' }).metric({ seq: 1, value: 1, incarnation: 'b' }).take());
    await store.commit(run.metric({ seq: 9, value: 109, incarnation: 'a' }).take());
    await store.commit(run.metric({ seq: 3, value: 3, incarnation: 'b' }).metric({ seq: 2, value: 102, incarnation: 'a' }).take());
    expect(await values(store, { runId: run.runId, key: 'loss' })).toEqual([102, 109, 1, 3, 5]);
    const [summary] = await store.listSeries(run.runId);
    expect(summary).toMatchObject({ count: 5, min: 1, max: 109, first: { value: 102 }, last: { value: 5 } });
  });

  test('fills late points into stretches that were closed long ago', async ({ store }) => {
    const run = new SampleRun();
    const late = (seq: number) => seq % 700 === 350;
    for (let seq = 1; seq <= 5_000; seq++) if (!late(seq)) run.metric({ seq, value: seq, step: seq });
    await store.commit(run.take());
    for (let seq = 1; seq <= 5_000; seq++) if (late(seq)) run.metric({ seq, value: seq, step: seq });
    await store.commit(run.take());
    expect(await values(store, { runId: run.runId, key: 'loss' })).toEqual(Array.from({ length: 5_000 }, (_, at) => at + 1));
  });

  test('summarises only finite values, and gives both ends with what they have', async ({ store }) => {
    const run = new SampleRun();
    run.metric({ seq: 1, key: 'none', value: Number.NaN });
    run.metric({ seq: 2, key: 'some', value: Number.POSITIVE_INFINITY, step: 4, epoch: 0.5 });
    run.metric({ seq: 3, key: 'some', value: -2 });
    await store.commit(run.take());
    const { runId } = run;
    const base = { runId, worker: '', phase: '', aggregation: '' };
    const end = { step: null, epoch: null, ts: 1_700_000_000_001_000, value: Number.NaN };
    const first = { step: 4, epoch: 0.5, ts: 1_700_000_000_002_000, value: Number.POSITIVE_INFINITY };
    const last = { step: null, epoch: null, ts: 1_700_000_000_003_000, value: -2 };
    expect(await store.listSeries(runId)).toEqual([
      { ...base, key: 'none', count: 1, min: Number.NaN, max: Number.NaN, first: end, last: end },
      { ...base, key: 'some', count: 2, min: -2, max: -2, first, last },
    ]);
  });

  test('reads a range of steps, both ends included, without points that have none', async ({ store }) => {
    const run = new SampleRun();
    for (let seq = 1; seq <= 3_000; seq++) run.metric({ seq, value: seq, ...(seq % 5 === 0 ? {} : { step: seq * 2 }) });
    await store.commit(run.take());
    const query = { runId: run.runId, key: 'loss' };
    expect(await values(store, { ...query, range: { from: 2_000, to: 2_012 } })).toEqual([1001, 1002, 1003, 1004, 1006]);
    expect(await values(store, { ...query, range: { to: 6 } })).toEqual([1, 2, 3]);
    expect(await values(store, { ...query, range: { from: 5_996 } })).toEqual([2998, 2999]);
    expect(await values(store, { ...query, range: {} })).toHaveLength(3_000);
    expect(await store.readSeries({ ...query, range: { from: 7_000 } })).toEqual([]);
  });

  test('answers many queries at once as it answers each', async ({ store }) => {
    const runs = [1, 2].map(() => new SampleRun());
    for (const run of runs) {
      // More of them than are read in one go, some with more points than are asked for.
      for (let key = 0; key < 30; key++) {
        for (let at = 0; at < 10 + key * 5; at++) run.metric({ seq: key * 1_000 + at + 1, key: `m${key}`, step: at, value: key * at });
      }
      await store.commit(run.take());
    }
    const keys = ['m3', 'none', 'm29', 'm3', ...Array.from({ length: 30 }, (_, key) => `m${key}`)];
    const ids = [...runs.map(({ runId }) => runId), 'nobody'];
    const queries = keys.flatMap((key, at) =>
      ids.map(
        (runId): SeriesQuery => ({
          runId,
          key,
          maxPoints: 40,
          ...(at % 3 > 0 && { by: 'step' }),
          ...(at % 3 > 1 && { range: { from: 4 } }),
        }),
      ),
    );
    const each: SeriesData[][] = [];
    for (const query of queries) each.push(await store.readSeries(query));
    for (const order of [queries, queries.toSorted((a, b) => (a.runId < b.runId ? -1 : 1))]) {
      const together = await allOf(store, order);
      expect(together).toEqual(order.map((query) => each[queries.indexOf(query)]));
    }
    expect(await allOf(store, [])).toEqual([]);
    // Whoever has enough stops.
    for await (const [first] of store.readManySeries(queries)) {
      expect(first).toMatchObject({ key: 'm3', total: 25 });
      break;
    }
    expect(await store.readSeries(queries[0] as SeriesQuery)).toEqual(each[0]);
  });

  test('forgets the points of a deleted run', async ({ store }) => {
    const run = new SampleRun('again');
    await store.commit(run.metric({ seq: 1, value: 1 }).take());
    await store.deleteRun('again');
    expect(await store.listSeries('again')).toEqual([]);
    expect(await store.readSeries({ runId: 'again', key: 'loss' })).toEqual([]);
    await store.commit(run.metric({ seq: 1, value: 7 }).take());
    expect(await values(store, { runId: 'again', key: 'loss' })).toEqual([7]);
  });
}
