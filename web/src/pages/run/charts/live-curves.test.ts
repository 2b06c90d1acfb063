import { describe, expect, it } from 'vitest';
import type { LiveItem, Series } from '../../../api/types';
import { LiveCurves, type LiveCurvesOptions } from './live-curves';
import { type FedPoint, LiveFeed, seriesName } from './live-feed';

const NONE = Number.NaN;
const base = { runId: 'r', key: 'loss', phase: '', worker: '', aggregation: '', superseded: false };
const READ: Series = { ...base, kind: 'points', total: 2, x: [1, 2], step: [1, 2], epoch: [NONE, NONE], ts: [10, 20], value: [5, 6] };

const looksOf = ({ phase }: Series) => ({ id: phase, label: phase, colour: '' });

function curves(more: Partial<LiveCurvesOptions> = {}): LiveCurves {
  return new LiveCurves({
    series: [READ],
    axis: 'step',
    origin: 0,
    to: null,
    maxPoints: 500,
    aggregate: null,
    askedAt: 990,
    readAt: 1_000,
    ...more,
  });
}

function fed(step: number, ts: number, more: Partial<FedPoint> = {}): FedPoint {
  return { key: 'loss', phase: '', worker: '', aggregation: '', step, ts, value: 7, cameAt: 1_001, ...more };
}

describe('the curves of a chart', () => {
  it('grow by what comes in', () => {
    const all = curves();
    expect(all.add([fed(3, 30)])).toBe(false);
    expect(Array.from(all.toSeries(looksOf)[0]?.mean ?? [])).toEqual([5, 6, 7]);
  });

  it('take a point once that was read and then came in', () => {
    const all = curves();
    all.add([fed(2, 20)]);
    expect(all.toSeries(looksOf)[0]?.total).toBe(2);
  });

  it('take each point once around an answer in buckets, though their last points are later than their first', () => {
    const buckets = { ...base, kind: 'buckets', total: 20, x: [0, 10], count: [10, 10], min: [1, 1], max: [9, 9], mean: [5, 5] } as const;
    const ends = { first: [1, 1], last: [9, 9], firstStep: [0, 10], lastStep: [9, 19], firstTs: [0, 100], lastTs: [90, 190] } as const;
    const all = curves({ series: [{ ...buckets, ...ends, nonFinite: [0, 0] }] });
    // In the answer: came before the question; came while it was answered, or just after.
    all.add([fed(15, 150, { cameAt: 900 }), fed(18, 180, { cameAt: 995 }), fed(19, 190)]);
    // Not in the answer: logged later, or (its clock was set back) long after it.
    all.add([fed(20, 200, { cameAt: 995 }), fed(21, 210), fed(22, 150, { cameAt: 60_000 })]);
    const [series] = all.toSeries(looksOf);
    expect([series?.total, Array.from(series?.count ?? [])]).toEqual([23, [10, 10, 3]]);
  });

  it('lose none and count none twice over any number of readings while points come', () => {
    // The server has points 1 … n when it answers; the page has heard of those up to some of them before and of the others after.
    const logged = Array.from({ length: 40 }, (_, at) => fed(at + 1, at * 10, { cameAt: 1_000 + at * 10 }));
    for (const stored of [1, 7, 23, 40]) {
      const held = logged.slice(0, stored);
      const column = (pick: (point: FedPoint) => number): number[] => held.map(pick);
      const read: Series = {
        ...base,
        kind: 'points',
        total: stored,
        x: column(({ step = 0 }) => step),
        step: column(({ step = 0 }) => step),
        epoch: column(() => NONE),
        ts: column(({ ts }) => ts),
        value: column(({ value }) => value),
      };
      const answeredAt = 1_000 + stored * 10;
      for (const late of [0, 30]) {
        const all = curves({ series: [read], askedAt: answeredAt - 20, readAt: answeredAt + 20 });
        const heard = logged.map((point) => ({ ...point, cameAt: point.cameAt + late }));
        expect(all.add(heard)).toBe(false);
        expect(Array.from(all.toSeries(looksOf)[0]?.x ?? [])).toEqual(logged.map(({ step }) => step));
      }
    }
  });

  it('must be read anew for a point before their end and for a curve that nobody knew', () => {
    expect(curves().add([fed(1.5, 40)])).toBe(true);
    expect(curves().add([fed(3, 30, { phase: 'val' })])).toBe(true);
  });

  it('end where the window ends, and leave out what has no place on the axis', () => {
    const all = curves({ to: 2.5 });
    expect(all.add([fed(3, 30)])).toBe(false);
    const { step: _step, ...bare } = fed(3, 30);
    expect(all.add([bare])).toBe(false);
    expect(all.toSeries(looksOf)[0]?.total).toBe(2);
  });

  it('add every worker to the merged curve', () => {
    const merged: Series = {
      ...base,
      worker: null,
      kind: 'aggregated',
      workers: ['a', 'b'],
      workerLastTs: [10, 40],
      total: 2,
      x: [1],
      value: [4],
      min: [3],
      max: [5],
      count: [2],
      present: [2],
      nonFinite: [0],
      firstStep: [1],
      lastStep: [1],
      firstTs: [10],
      lastTs: [10],
    };
    const all = curves({ series: [merged], aggregate: 'mean' });
    // Each worker's own time tells what of it was read: that of the other is ahead.
    all.add([fed(1, 40, { worker: 'b', value: 5 }), fed(2, 30, { worker: 'a', value: 1 }), fed(2, 41, { worker: 'b', value: 3 })]);
    const [series] = all.toSeries(looksOf);
    expect([Array.from(series?.x ?? []), series?.mean[1], series?.min?.[1], series?.max?.[1]]).toEqual([[1, 2], 2, 1, 3]);
  });
});

describe('the feed', () => {
  const common = { runId: 'r', worker: '', incarnation: 'i', seq: 1, ts: 10 };
  const batch: LiveItem = { ...common, type: 'metric_batch', step: 4, metrics: { loss: 1, 'train/acc': 'NaN' as unknown as number } };

  it('hands each chart the points of its key, NaN revived, and keeps them a while', () => {
    const feed = new LiveFeed();
    const heard: FedPoint[] = [];
    const leave = feed.listen('train/acc', (points) => heard.push(...points));
    feed.deliver([batch], 1);
    expect(heard.map(({ step, value }) => [step, value])).toEqual([[4, Number.NaN]]);
    expect(feed.recent('train/acc')).toHaveLength(1);
    feed.deliver([batch], 60_000);
    expect(feed.recent('train/acc')).toHaveLength(1);
    leave();
    expect(feed.recent('train/acc')).toHaveLength(0);
  });

  it('says when a series comes that is not known', () => {
    const feed = new LiveFeed();
    let unknown = 0;
    const expectKeys = (keys: readonly string[]): void =>
      feed.expect(
        keys.map((key) => seriesName({ key, phase: '', worker: '', aggregation: '' })),
        () => {
          unknown += 1;
        },
      );
    expectKeys(['loss']);
    feed.deliver([batch], 1);
    expect(unknown).toBe(1);
    expectKeys(['loss', 'train/acc']);
    feed.deliver([batch], 2);
    expect(unknown).toBe(1);
  });
});
