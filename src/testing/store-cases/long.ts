// Series of several groups of chunks (64 x 1,024 points each): whatever summaries a store keeps, against the points themselves.

import { expect } from 'vitest';
import type { SeriesData, SeriesQuery, Store } from '../../storage/store.js';
import { LongSeries, seqsBetween } from '../long-series.js';
import type { StoreCase } from './case.js';

type Points = Extract<SeriesData, { kind: 'points' }>;
type Buckets = Extract<SeriesData, { kind: 'buckets' }>;

const RUN = 'long';
/** Bounds of a part of the series, steps and the times that they have. */
const FROM = 30_500;
const TO = 170_200;
const time = (step: number): number => 1_700_000_000_000_000 + step * 1_000;

/** Spikes, values that are no number, and whatever lies between. */
const valueAt = (step: number): number => {
  if (step % 50_000 === 77) return step;
  if (step % 911 === 3) return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][step % 3] as number;
  return Math.sin(step);
};

const RANGES: readonly Pick<SeriesQuery, 'by' | 'range'>[] = [
  {},
  { range: { from: FROM, to: TO } },
  { by: 'step' },
  { by: 'step', range: { from: FROM, to: TO } },
  { by: 'step', range: { from: 65_000, to: 66_000 } },
  { by: 'time' },
  { by: 'time', range: { from: time(FROM), to: time(TO) } },
];

/** The points of these steps, all of them, one after the other. Bytes: a comparison number by number would take seconds. */
function expectPoints({ step, ts, value, total }: Points, from: number, to: number): void {
  const steps = Float64Array.from(seqsBetween(from, to));
  expect(total).toBe(steps.length);
  for (const [got, wanted] of [
    [step, steps],
    [ts, steps.map(time)],
    [value, steps.map(valueAt)],
  ] as const) {
    expect(Buffer.from(got.buffer, got.byteOffset, got.byteLength).equals(Buffer.from(wanted.buffer))).toBe(true);
  }
}

/** What is said of the points from..to. */
function fold({ step, ts, value }: Points, from: number, to: number): number[] {
  const finite = value.subarray(from, to).filter((one) => Number.isFinite(one));
  const [min, max] = [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
  const ends = [from, to - 1].flatMap((at) => [step[at], ts[at], value[at]] as [number, number, number]);
  return [to - from, min, max, to - from - finite.length, ...ends];
}

/** Each bucket is made of its share of the points, in their order. Every share has a finite value. */
function expectBuckets(buckets: Buckets, points: Points, maxPoints: number): void {
  const { count, min, max, nonFinite, firstStep, firstTs, first, lastStep, lastTs, last, mean } = buckets;
  const columns = [count, min, max, nonFinite, firstStep, firstTs, first, lastStep, lastTs, last];
  expect(count.length).toBeLessThanOrEqual(maxPoints);
  let from = 0;
  const wrong = Array.from(count.keys()).filter((at) => {
    const to = from + (count[at] as number);
    const expected = fold(points, from, to);
    from = to;
    const within = (mean[at] as number) >= (min[at] as number) && (mean[at] as number) <= (max[at] as number);
    return !within || columns.some((column, field) => !Object.is(column[at], expected[field]));
  });
  expect(wrong).toEqual([]);
  expect([from, buckets.total]).toEqual([points.total, points.total]);
}

/** Every chart of the run, against its points; those, per worker, are steps 1 to `last`. */
async function expectCharts(store: Store, last: number): Promise<void> {
  for (const range of RANGES) {
    const query: SeriesQuery = { runId: RUN, key: 'loss', ...range };
    const points = (await store.readSeries(query)) as Points[];
    const bound = (edge: number | undefined, otherwise: number): number =>
      edge === undefined ? otherwise : range.by === 'time' ? (edge - time(0)) / 1_000 : edge;
    for (const one of points) expectPoints(one, bound(range.range?.from, 1), bound(range.range?.to, last));
    for (const maxPoints of [1, 40, 2_000]) {
      const charts = await store.readSeries({ ...query, maxPoints });
      expect(charts.map(({ worker }) => worker)).toEqual(['0', '1']);
      for (const [at, chart] of charts.entries()) {
        if (chart.kind === 'buckets') expectBuckets(chart, points[at] as Points, maxPoints);
        else expectPoints(chart, points[at]?.step[0] ?? 0, points[at]?.step.at(-1) ?? 0);
      }
    }
  }
}

/** Two workers, the first restarted in between: its steps go back by 40,000. */
async function fill(store: Store, isLate: (seq: number) => boolean): Promise<LongSeries> {
  const before = new LongSeries(RUN, 'a', 1, valueAt, '0');
  const after = new LongSeries(RUN, 'b', 60_001, valueAt, '0');
  const beside = new LongSeries(RUN, 'a', 1, valueAt, '1');
  await store.commit(before.take(seqsBetween(1, 100_000).filter((seq) => !isLate(seq))));
  for (let from = 1; from <= 140_000; from += 35_000) await store.commit(after.take(seqsBetween(from, from + 34_999)));
  await store.commit(beside.take(seqsBetween(1, 200_000)));
  return before;
}

export function longCases(test: StoreCase): void {
  test('are drawn as their points would be, by any axis, in any range', async ({ store }) => {
    await fill(store, () => false);
    await expectCharts(store, 200_000);
    const query: SeriesQuery = { runId: RUN, key: 'loss', worker: '0', superseded: 'only', by: 'step' };
    const points = (await store.readSeries(query)) as Points[];
    expectPoints(points[0] as Points, 60_001, 100_000);
    for (const maxPoints of [30, 1_000]) {
      const [buckets] = (await store.readSeries({ ...query, maxPoints })) as Buckets[];
      expectBuckets(buckets as Buckets, points[0] as Points, maxPoints);
    }
  });

  test('are drawn so with events that came late, scattered or in one stretch', async ({ store, reopen }) => {
    const isLate = (seq: number): boolean => (seq > 30_000 && seq < 32_100) || seq % 900 === 5;
    const series = await fill(store, isLate);
    const late = seqsBetween(1, 100_000).filter(isLate);
    await store.commit(series.take(late));
    await expectCharts(store, 200_000);
    if (reopen !== undefined) await expectCharts(await reopen(), 200_000);
  });
}
