// Series laid out along an axis, with what restarts superseded: against the points themselves, one by one.

import fc from 'fast-check';
import { expect } from 'vitest';
import type { PointPage, SeriesAxis, SeriesData, SeriesId, SeriesQuery, Store } from '../../storage/store.js';
import { LongSeries, seqsBetween } from '../long-series.js';
import { SampleRun } from '../sample-run.js';
import type { StoreCase } from './case.js';

type Points = Extract<SeriesData, { kind: 'points' }>;
type Buckets = Extract<SeriesData, { kind: 'buckets' }>;

interface Point {
  readonly step: number;
  readonly epoch: number;
  readonly ts: number;
  readonly value: number;
  readonly superseded: boolean;
}

async function pagesOf(store: Store, series: SeriesId): Promise<PointPage[]> {
  const pages: PointPage[] = [];
  for await (const page of store.readPoints(series)) pages.push(page);
  return pages;
}

function pointsIn(pages: readonly PointPage[]): Point[] {
  return pages.flatMap((page) =>
    Array.from(page.value, (value, at) => {
      const step = page.step[at] as number;
      return { step, epoch: page.epoch[at] as number, ts: page.ts[at] as number, value, superseded: step >= page.supersededFrom };
    }),
  );
}

function pick<Key extends 'step' | 'epoch' | 'ts' | 'value'>(points: readonly Point[], key: Key): number[] {
  return points.map((point) => point[key]);
}

const place = (point: Point, axis: SeriesAxis): number => (axis === 'time' ? point.ts : point[axis]);

/** The buckets that the points would make if each were put into its stretch by itself. */
function expectPlaced(all: readonly Buckets[], points: readonly (readonly Point[])[], axis: SeriesAxis, maxPoints: number): void {
  const places = points.flat().map((point) => place(point, axis));
  const from = Math.min(...places);
  const width = (Math.max(...places) - from) / maxPoints;
  const stretchOf = (point: Point): number => Math.min(maxPoints - 1, Math.floor((place(point, axis) - from) / width) || 0);
  for (const [at, series] of all.entries()) {
    const stretches = Array.from({ length: maxPoints }, (_, stretch) => (points[at] ?? []).filter((point) => stretchOf(point) === stretch));
    const filled = stretches.flatMap((members, stretch) => (members.length === 0 ? [] : [{ members, x: from + stretch * width }]));
    expect(Array.from(series.x)).toEqual(filled.map(({ x }) => x));
    expect(Array.from(series.count)).toEqual(filled.map(({ members }) => members.length));
    expect(Array.from(series.first)).toEqual(filled.map(({ members }) => members[0]?.value));
    expect(Array.from(series.last)).toEqual(filled.map(({ members }) => members.at(-1)?.value));
    expect(Array.from(series.max)).toEqual(filled.map(({ members }) => Math.max(...pick(members, 'value'))));
    expect(Array.from(series.min)).toEqual(filled.map(({ members }) => Math.min(...pick(members, 'value'))));
    expect(series.total).toBe(points[at]?.length);
  }
}

const event = fc.record({
  value: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  step: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
  epoch: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
  worker: fc.constantFrom('0', '1'),
  incarnation: fc.constantFrom('a', 'b', 'c'),
});

const dropUndefined = (draft: object): object => Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));

/** A worker that was started anew from a checkpoint, twice. */
function restarted(): SampleRun {
  const run = new SampleRun();
  const log = (incarnation: string, from: number, to: number): void => {
    for (let step = from; step <= to; step++) run.metric({ seq: step - from + 1, incarnation, step, value: step });
  };
  log('a', 1, 5_000);
  log('b', 3_001, 6_500);
  log('c', 6_001, 9_000);
  return run;
}

async function expectShares(store: Store, query: SeriesQuery): Promise<void> {
  const { runId, key } = query;
  const all: Point[][] = [];
  for (const worker of new Set((await store.listSeries(runId)).map((series) => series.worker)))
    all.push(pointsIn(await pagesOf(store, { runId, key, worker, phase: '', aggregation: '' })));
  const read = async (superseded: 'hide' | 'show' | 'only') => (await store.readSeries({ ...query, superseded })) as Points[];
  const values = (series: readonly Points[]): number[] => series.flatMap(({ value }) => Array.from(value));
  const share = (wanted: boolean): number[] =>
    all.flatMap((points) => pick(points, 'value').filter((_, at) => points[at]?.superseded === wanted));
  expect(values(await read('hide'))).toEqual(share(false));
  expect(values(await read('only'))).toEqual(share(true));
  const shown = await read('show');
  expect(values(shown.filter(({ superseded }) => !superseded))).toEqual(share(false));
  expect(values(shown.filter(({ superseded, incarnation }) => superseded && incarnation !== null))).toEqual(share(true));
}

/** Points stand in their stretch, or one before. */
function expectNearby({ x, firstStep, lastStep, firstTs, lastTs }: Buckets, by: 'step' | 'time'): void {
  const width = ((x.at(-1) ?? 0) - (x[0] ?? 0)) / (x.length - 1);
  const [first, last] = by === 'step' ? [firstStep, lastStep] : [firstTs, lastTs];
  for (const [bucket, from] of x.entries()) {
    expect(first[bucket]).toBeGreaterThanOrEqual(from);
    expect(last[bucket]).toBeLessThanOrEqual(from + 2 * width);
  }
}

export function axisCases(test: StoreCase): void {
  test('puts each of a few points into its own stretch of the axis, any axis', async ({ store }) => {
    const property = fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 25 }),
      fc.constantFrom<SeriesAxis>('step', 'epoch', 'time'),
      async (events, maxPoints, by) => {
        const run = new SampleRun();
        events.forEach((draft, at) => void run.metric({ seq: at + 1, ...dropUndefined(draft) }));
        await store.commit(run.take());
        const query: SeriesQuery = { runId: run.runId, key: 'loss', by };
        const whole = (await store.readSeries(query)) as Points[];
        const points = whole.map(({ step, epoch, ts, value }) =>
          Array.from(
            value,
            (v, at): Point => ({ step: step[at] ?? 0, epoch: epoch[at] ?? 0, ts: ts[at] ?? 0, value: v, superseded: false }),
          ),
        );
        expect(points.flat().some((point) => Number.isNaN(place(point, by)))).toBe(false);
        const reduced = await store.readSeries({ ...query, maxPoints });
        if (reduced[0]?.kind === 'buckets') expectPlaced(reduced as Buckets[], points, by, maxPoints);
        else expect(reduced).toEqual(whole);
        expect(reduced[0]?.kind === 'buckets').toBe(whole.some(({ total }) => total > maxPoints));
        await expectShares(store, { runId: run.runId, key: 'loss' });
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  test('cuts every series of an answer at the same places, and loses no point and no spike', async ({ store }) => {
    const run = new SampleRun();
    for (const worker of ['0', '1', '2'])
      for (let seq = 1; seq <= 30_000; seq++)
        run.metric({ seq, worker, step: seq * 2 + Number(worker), value: seq === 17_321 ? 1e6 + Number(worker) : Math.sin(seq) });
    await store.commit(run.take());
    for (const by of ['step', 'time'] as const) {
      const series = (await store.readSeries({ runId: run.runId, key: 'loss', by, maxPoints: 100 })) as Buckets[];
      expect(series.map(({ count }) => count.reduce((a, b) => a + b, 0))).toEqual([30_000, 30_000, 30_000]);
      expect(series.map(({ max }) => Math.max(...max))).toEqual([1e6, 1e6 + 1, 1e6 + 2]);
      for (const one of series) {
        expect(Array.from(one.x)).toEqual(Array.from(series[0]?.x ?? []));
        expectNearby(one, by);
      }
    }
  });

  test('finds the points of a pause-ridden series in their own stretches', async ({ store }) => {
    const run = new SampleRun();
    // Bursts of 50 points, a long way apart: every summary of 128 points spans several stretches.
    for (let seq = 1; seq <= 5_000; seq++) run.metric({ seq, step: Math.floor(seq / 50) * 10_000 + (seq % 50), value: seq });
    await store.commit(run.take());
    const series = (await store.readSeries({ runId: run.runId, key: 'loss', by: 'step', maxPoints: 1_000 })) as Buckets[];
    const points = pointsIn(await pagesOf(store, { runId: run.runId, worker: '', key: 'loss', phase: '', aggregation: '' }));
    expectPlaced(series, [points], 'step', 1_000);
  });

  test('reads a range of the axis it is laid out along', async ({ store }) => {
    const run = new SampleRun();
    for (let seq = 1; seq <= 3_000; seq++) run.metric({ seq, step: seq, epoch: Math.floor(seq / 100), value: seq });
    await store.commit(run.take());
    const query = { runId: run.runId, key: 'loss' };
    const epochs = (await store.readSeries({ ...query, by: 'epoch', range: { from: 3, to: 4 } })) as Points[];
    expect([epochs[0]?.value[0], epochs[0]?.value.at(-1), epochs[0]?.x.at(-1)]).toEqual([300, 499, 4]);
    const from = 1_700_000_000_000_000 + 2_000 * 1_000;
    const times = (await store.readSeries({ ...query, by: 'time', range: { from, to: from + 5_000 } })) as Points[];
    expect(Array.from(times[0]?.value ?? [])).toEqual([2_000, 2_001, 2_002, 2_003, 2_004, 2_005]);
    const zoomed = (await store.readSeries({ ...query, by: 'step', range: { from: 1, to: 1_001 }, maxPoints: 10 })) as Buckets[];
    expect(Array.from(zoomed[0]?.x ?? [])).toEqual(Array.from({ length: 10 }, (_, at) => 1 + at * 100));
  });

  test('hides what a restart from a checkpoint superseded, and keeps it to be asked for', async ({ store }) => {
    const run = restarted();
    await store.commit(run.take());
    const query = { runId: run.runId, key: 'loss' };
    const [current] = (await store.readSeries(query)) as Points[];
    expect(Array.from(current?.step ?? [])).toEqual(Array.from({ length: 9_000 }, (_, at) => at + 1));
    const shown = (await store.readSeries({ ...query, superseded: 'show' })) as Points[];
    expect(shown.map(({ superseded, incarnation, total }) => [superseded, incarnation, total])).toEqual([
      [false, null, 9_000],
      [true, 'a', 2_000],
      [true, 'b', 500],
    ]);
    await expectShares(store, query);
    for (const by of [undefined, 'step', 'time'] as const) {
      const reduced = (await store.readSeries({ ...query, ...(by && { by }), maxPoints: 20, superseded: 'show' })) as Buckets[];
      expect(reduced.map(({ total }) => total)).toEqual([9_000, 2_000, 500]);
      expect(reduced.map(({ count }) => count.reduce((a, b) => a + b, 0))).toEqual([9_000, 2_000, 500]);
      expect(reduced.map(({ min }) => Math.min(...min))).toEqual([1, 3_001, 6_001]);
      expect(reduced.map(({ max }) => Math.max(...max))).toEqual([9_000, 5_000, 6_500]);
    }
  });

  test('gives every point page by page, late ones in their place', async ({ store }) => {
    const series = new LongSeries('paged', 'a', 1, (step) => step);
    const seqs = seqsBetween(1, 150_000);
    const isLate = (seq: number): boolean => seq % 1_000 === 500;
    await store.commit(series.take(seqs.filter((seq) => !isLate(seq))));
    await store.commit(series.take(seqs.filter(isLate)));
    const track = series.definition;
    const pages = await pagesOf(store, track);
    expect(pages.flatMap(({ value }) => Array.from(value))).toEqual(seqs);
    expect(pages.every(({ supersededFrom }) => supersededFrom === Number.POSITIVE_INFINITY)).toBe(true);
    expect(await pagesOf(store, { ...track, key: 'nothing' })).toEqual([]);
  });
}
