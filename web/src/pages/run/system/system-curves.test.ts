import { describe, expect, it } from 'vitest';
import type { Series } from '../../../api/types';
import { curvesOf } from './system-curves';

const HEAD = { runId: 'r', phase: '', aggregation: '', superseded: false, total: 2, x: [0, 10] };
const GROUP = { title: 'Memory', unit: 'GiB', factor: 2 ** -30, keys: [{ key: 'system/a_bytes', label: 'a' }] };

function points(worker: string, value: number[]): Series {
  return { ...HEAD, key: 'system/a_bytes', worker, kind: 'points', value, step: [], epoch: [], ts: [] };
}

describe('curvesOf', () => {
  it('scales to the unit of the chart', () => {
    const [curve] = curvesOf(GROUP, new Map([['system/a_bytes', [points('$xtrack', [2 ** 30, Number.NaN])]]]), String);
    expect(curve).toMatchObject({ label: 'a', total: 2, x: [0, 10] });
    expect([...Array.from(curve?.mean ?? [])]).toEqual([1, Number.NaN]);
  });

  it('names workers where there are several, with a colour each', () => {
    const curves = curvesOf(
      GROUP,
      new Map([['system/a_bytes', [points('rank0', [1, 2]), points('rank1', [3, 4])]]]),
      (place) => `c${place}`,
    );
    expect(curves.map(({ label, colour }) => [label, colour])).toEqual([
      ['a, rank0', 'c0'],
      ['a, rank1', 'c1'],
    ]);
    expect(new Set(curves.map(({ id }) => id)).size).toBe(2);
  });

  it('is empty while nothing was read', () => {
    expect(curvesOf(GROUP, new Map(), String)).toEqual([]);
  });
});
