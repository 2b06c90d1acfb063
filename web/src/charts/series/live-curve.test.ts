import { describe, expect, it } from 'vitest';
import type { CurveColumns } from './from-api';
import { bucketWidth, LiveCurve, placeOn } from './live-curve';

const LOOKS = { id: 'a', label: 'a', colour: '#000000' };

function columns(x: readonly number[], mean: readonly number[], isBuckets: boolean): CurveColumns {
  const column = (values: readonly number[]): Float64Array => Float64Array.from(values);
  const shared = { x: column(x), mean: column(mean), ts: column(x) };
  const rest = { firstStep: undefined, lastStep: undefined, span: undefined, unplaced: 0 };
  const none = { min: undefined, max: undefined, count: undefined, nonFinite: undefined, last: undefined };
  if (!isBuckets) return { ...shared, ...rest, ...none };
  return {
    ...shared,
    ...rest,
    min: column(mean),
    max: column(mean),
    count: column(x.map(() => 10)),
    nonFinite: column(x.map(() => 0)),
    last: 1,
  };
}

const points = (limit = 100): LiveCurve =>
  new LiveCurve({ columns: columns([0, 1], [5, 6], false), total: 2, isPoints: true, aggregate: null, limit });
const buckets = (limit = 100): LiveCurve =>
  new LiveCurve({ columns: columns([0, 10, 20], [1, 1, 1], true), total: 30, isPoints: false, aggregate: null, limit });
const at = (x: number, value: number) => ({ x, value });

describe('a curve of points', () => {
  it('grows by each point', () => {
    const curve = points();
    expect(curve.add(at(2, 7))).toBe('added');
    expect(curve.add(at(2, 8))).toBe('added');
    const series = curve.toSeries(LOOKS);
    expect(Array.from(series.x)).toEqual([0, 1, 2, 2]);
    expect(Array.from(series.mean)).toEqual([5, 6, 7, 8]);
    expect(series.total).toBe(4);
    expect(series.min).toBeUndefined();
  });

  it('keeps NaN and infinities', () => {
    const curve = points();
    curve.add(at(2, Number.POSITIVE_INFINITY));
    const series = curve.toSeries(LOOKS);
    expect(series.mean[2]).toBe(Number.POSITIVE_INFINITY);
    expect(series.nonFinite?.[2]).toBe(1);
  });

  it('says that a point lies before its end', () => {
    const curve = points();
    expect(curve.add(at(0.5, 1))).toBe('late');
    expect(curve.toSeries(LOOKS).total).toBe(2);
  });

  it('goes on while it is full and waits to be read anew, up to a bound', () => {
    const curve = points(3);
    expect(curve.add(at(2, 1))).toBe('added');
    for (let x = 3; x < 50; x++) expect(curve.add(at(x, x))).toBe('full');
    const series = curve.toSeries(LOOKS);
    expect(Array.from(series.mean)).toEqual([5, 6, 1, ...Array.from({ length: 21 }, (_, more) => 3 + more)]);
    expect(series.total).toBe(24);
  });
});

describe('a curve of buckets', () => {
  it('puts a point into its bucket: count, mean and envelope follow', () => {
    const curve = buckets();
    expect(curve.add(at(25, 12))).toBe('added');
    const series = curve.toSeries(LOOKS);
    expect(series.x.length).toBe(3);
    expect(series.mean[2]).toBeCloseTo(2, 12);
    expect(series.last).toBe(12);
    expect([series.min?.[2], series.max?.[2], series.count?.[2]]).toEqual([1, 12, 11]);
  });

  it('opens the next bucket on the same grid', () => {
    const curve = buckets();
    curve.add(at(47, 3));
    const series = curve.toSeries(LOOKS);
    expect(series.x[3]).toBe(40);
    expect(series.mean[3]).toBe(3);
  });

  it('reaches back into a bucket that is there, but opens none between', () => {
    const curve = buckets();
    expect(curve.add(at(5, 2))).toBe('added');
    curve.add(at(47, 3));
    expect(curve.add(at(33, 2))).toBe('late');
  });

  it('counts what is not finite apart from the mean', () => {
    const curve = buckets();
    curve.add(at(30, Number.NaN));
    expect(curve.toSeries(LOOKS).mean[3]).toBeNaN();
    curve.add(at(31, 4));
    const series = curve.toSeries(LOOKS);
    expect([series.mean[3], series.min?.[3], series.nonFinite?.[3]]).toEqual([4, 4, 1]);
  });

  it('is full at twice the places asked for', () => {
    const curve = buckets(4);
    expect(curve.add(at(30, 1))).toBe('added');
    expect(curve.add(at(40, 1))).toBe('full');
  });
});

it.each([
  ['mean', 3],
  ['min', 1],
  ['max', 5],
  ['sum', 6],
] as const)('merges the workers of one place as their %s', (aggregate, expected) => {
  const curve = new LiveCurve({ columns: columns([], [], true), total: 0, isPoints: false, aggregate, limit: 10 });
  curve.add(at(7, 1));
  curve.add(at(7, 5));
  const series = curve.toSeries(LOOKS);
  expect(series.x.length).toBe(1);
  expect(series.mean[0]).toBe(expected);
});

it('takes the least distance of two places as the width of a bucket', () => {
  expect(bucketWidth(Float64Array.from([0, 10, 40, 50]))).toBe(10);
  expect(bucketWidth(Float64Array.from([3]))).toBe(0);
});

it('finds a place on each axis', () => {
  const point = { step: 3, ts: 12_000_000 };
  expect(placeOn('step', point, 2_000_000)).toBe(3);
  expect(placeOn('epoch', point, 2_000_000)).toBeNull();
  expect(placeOn('time', point, 2_000_000)).toBe(12);
  expect(placeOn('relative', point, 2_000_000)).toBe(10);
});
