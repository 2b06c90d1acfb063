import { describe, expect, it } from 'vitest';
import type { Series } from '../../api/types';
import { toChartSeries, toServerRange } from './from-api';

const LOOKS = { id: 'a', label: 'a', colour: '#000000' };
const HEAD = { runId: 'r', key: 'loss', phase: '', worker: '', aggregation: '', superseded: false, total: 3 };
const NONE = Number.NaN;

describe('a series of the server', () => {
  it('is ordered along the axis, and points without a place are left out', () => {
    const series: Series = {
      ...HEAD,
      kind: 'points',
      x: [2, 1, NONE],
      step: [2, 1, 3],
      epoch: [2, 1, NONE],
      ts: [10, 20, 30],
      value: [5, 6, 7],
    };
    const { x, mean, total, min, unplaced, last } = toChartSeries(series, 'epoch', LOOKS);
    expect([unplaced, last]).toEqual([1, 7]);
    expect(Array.from(x)).toEqual([1, 2]);
    expect(Array.from(mean)).toEqual([6, 5]);
    expect(total).toBe(3);
    expect(min).toBeUndefined();
  });

  it('has its times in seconds', () => {
    const series: Series = { ...HEAD, kind: 'points', x: [2_000_000], step: [1], epoch: [NONE], ts: [2_000_000], value: [5] };
    expect(toChartSeries(series, 'time', LOOKS).x[0]).toBe(2);
    expect(toServerRange({ from: 1.5, to: 2 }, 'time')).toEqual({ from: 1_500_000, to: 2_000_000 });
    expect(toServerRange({ from: 1.5, to: 2 }, 'relative')).toEqual({ from: 1.5, to: 2 });
  });

  it('keeps the envelope of buckets and of merged workers', () => {
    const columns = { x: [0], count: [4], min: [1], max: [9], nonFinite: [1], firstStep: [0], lastStep: [3], firstTs: [0], lastTs: [3] };
    const buckets: Series = { ...HEAD, ...columns, kind: 'buckets', mean: [5], first: [1], last: [9] };
    expect(toChartSeries(buckets, 'step', LOOKS)).toMatchObject({
      mean: Float64Array.of(5),
      min: Float64Array.of(1),
      nonFinite: Float64Array.of(1),
      last: 9,
    });
    const merged: Series = {
      ...HEAD,
      ...columns,
      worker: null,
      kind: 'aggregated',
      workers: [''],
      workerLastTs: [30],
      value: [6],
      present: [2],
    };
    expect(toChartSeries(merged, 'step', LOOKS)).toMatchObject({
      mean: Float64Array.of(6),
      max: Float64Array.of(9),
      count: Float64Array.of(4),
    });
  });
});
