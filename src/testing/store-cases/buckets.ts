// A chart's buckets against a plain fold over the points: no extreme, no point and no end may get lost.

import fc from 'fast-check';
import { expect } from 'vitest';
import type { SeriesData, Store } from '../../storage/store.js';
import { LongSeries, seqsBetween } from '../long-series.js';
import { SampleRun } from '../sample-run.js';
import type { StoreCase } from './case.js';

type Points = Extract<SeriesData, { kind: 'points' }>;
type Buckets = Extract<SeriesData, { kind: 'buckets' }>;

/** Each bucket's share of the points, folded anew. */
function expectFold(buckets: Buckets, points: Points, maxPoints: number): void {
  expect(buckets.count.length).toBeLessThanOrEqual(maxPoints);
  expect(buckets.total).toBe(points.total);
  let from = 0;
  for (let bucket = 0; bucket < buckets.count.length; bucket++) {
    const to = from + (buckets.count[bucket] as number);
    const values = points.value.subarray(from, to);
    const finite = values.filter((value) => Number.isFinite(value));
    const mean = buckets.mean[bucket] as number;
    expect({
      first: buckets.first[bucket],
      last: buckets.last[bucket],
      min: buckets.min[bucket],
      max: buckets.max[bucket],
      nonFinite: buckets.nonFinite[bucket],
      steps: [buckets.firstStep[bucket], buckets.lastStep[bucket]],
      ts: [buckets.firstTs[bucket], buckets.lastTs[bucket]],
    }).toEqual({
      first: values[0],
      last: values.at(-1),
      min: finite.length === 0 ? Number.NaN : finite.reduce((a, b) => Math.min(a, b)),
      max: finite.length === 0 ? Number.NaN : finite.reduce((a, b) => Math.max(a, b)),
      nonFinite: values.length - finite.length,
      steps: [points.step[from], points.step[to - 1]],
      ts: [points.ts[from], points.ts[to - 1]],
    });
    if (finite.length === 0) expect(mean).toBeNaN();
    else expect(Math.abs(mean - finite.reduce((a, b) => a + b / finite.length, 0))).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(mean)));
    from = to;
  }
  expect(from).toBe(points.total);
}

async function compare(store: Store, runId: string, maxPoints: number, range?: { from: number; to: number }): Promise<void> {
  const query = { runId, key: 'loss', ...(range === undefined ? {} : { range }) };
  const points = (await store.readSeries(query)) as Points[];
  const reduced = await store.readSeries({ ...query, maxPoints });
  expect(reduced.map(({ worker }) => worker)).toEqual(points.map(({ worker }) => worker));
  for (const [at, whole] of points.entries()) {
    const series = reduced[at] as SeriesData;
    if (series.kind === 'buckets') expectFold(series, whole, maxPoints);
    else expect(series).toEqual(whole);
    expect(series.kind).toBe(whole.total > maxPoints ? 'buckets' : 'points');
  }
}

const value = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

const event = fc.record({
  value,
  step: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
  worker: fc.constantFrom('0', '1'),
  incarnation: fc.constantFrom('a', 'b'),
});

/** A long run whose steps go back once (a resume), with rare spikes, holes and late points. */
function longRun(count: number): { run: SampleRun; spikes: number[] } {
  const run = new SampleRun();
  const spikes: number[] = [];
  const metric = (seq: number): void => {
    const spike = seq % 1_777 === 5;
    if (spike) spikes.push(seq * 1_000);
    const step = seq > count / 2 ? seq - 500 : seq;
    run.metric({ seq, value: spike ? seq * 1_000 : seq % 911 === 3 ? Number.NaN : Math.sin(seq), ...(seq % 4_000 === 9 ? {} : { step }) });
  };
  for (let seq = 1; seq <= count; seq++) if (seq % 3_001 !== 100) metric(seq);
  for (let seq = 1; seq <= count; seq++) if (seq % 3_001 === 100) metric(seq);
  return { run, spikes };
}

export function bucketCases(test: StoreCase): void {
  test('equals the fold over the points, for any points, order and size', async ({ store }) => {
    const property = fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 25 }),
      async (events, perCommit, maxPoints) => {
        const run = new SampleRun();
        const order = [...events.entries()].sort(([a], [b]) => ((a * 7) % 5) - ((b * 7) % 5));
        for (const [count, [at, { step, ...rest }]] of order.entries()) {
          run.metric({ seq: at + 1, ...rest, ...(step === undefined ? {} : { step }) });
          if (count % perCommit === 0) await store.commit(run.take());
        }
        await store.commit(run.take());
        await compare(store, run.runId, maxPoints);
        await compare(store, run.runId, maxPoints, { from: 10, to: 30 });
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  test('never hides a spike in a long series', async ({ store }) => {
    const { run, spikes } = longRun(40_000);
    await store.commit(run.take());
    const { runId } = run;
    for (const maxPoints of [1, 2, 40, 150, 400, 5_000]) await compare(store, runId, maxPoints);
    const [series] = (await store.readSeries({ runId, key: 'loss', maxPoints: 40 })) as Buckets[];
    expect(series?.max.reduce((a, b) => Math.max(a, b))).toBe(Math.max(...spikes));
  });

  test('reduces a range as it reduces the whole', async ({ store }) => {
    const { run } = longRun(20_000);
    await store.commit(run.take());
    for (const maxPoints of [1, 7, 60, 1_000]) {
      await compare(store, run.runId, maxPoints, { from: 300, to: 18_250 });
      await compare(store, run.runId, maxPoints, { from: 9_400, to: 9_700 });
    }
  });

  test('reduces hundreds of thousands of points, restarted and with late ones among them, as it reduces few', async ({ store }) => {
    const valueAt = (step: number): number => (step % 50_000 === 77 ? step : step % 911 === 3 ? Number.NaN : Math.sin(step));
    const before = new LongSeries('vast', 'a', 1, valueAt);
    const after = new LongSeries('vast', 'b', 90_001, valueAt);
    const isLate = (seq: number): boolean => seq > 30_000 && seq < 31_000 && seq % 3 === 0;
    await store.commit(before.take(seqsBetween(1, 100_000).filter((seq) => !isLate(seq))));
    for (let seq = 0; seq < 200_000; seq += 50_000) await store.commit(after.take(seqsBetween(seq + 1, seq + 50_000)));
    const ranges = [undefined, { from: 70_001, to: 250_000 }, { from: 1_000, to: 1_900 }];
    for (const range of ranges) for (const maxPoints of [1, 50, 500, 2_000]) await compare(store, 'vast', maxPoints, range);
    await store.commit(before.take(seqsBetween(1, 100_000).filter(isLate)));
    for (const maxPoints of [50, 2_000]) await compare(store, 'vast', maxPoints);
    const [series] = (await store.readSeries({ runId: 'vast', key: 'loss', by: 'step', maxPoints: 300 })) as Buckets[];
    expect([series?.total, series?.count.reduce((a, b) => a + b, 0), series?.max.reduce((a, b) => Math.max(a, b))]).toEqual([
      290_000, 290_000, 250_077,
    ]);
  });
}
