import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonPlaces, groupCurve, interpolate, runsBehind } from './group-curve';

const curve = (x: number[], y: number[]) => ({ x, y });

describe('the common places', () => {
  it('are those that any curve has, once and ascending', () => {
    expect([...commonPlaces([curve([0, 10, 20], []), curve([5, 10, 30], [])])]).toEqual([0, 5, 10, 20, 30]);
  });

  it('are thinned out to equal distances where there are too many', () => {
    const many = curve(
      Array.from({ length: 5_000 }, (_, at) => at),
      [],
    );
    const places = commonPlaces([many], 11);
    expect(places).toHaveLength(11);
    expect([places[0], places[1], places[10]]).toEqual([0, 499.9, 4_999]);
  });
});

describe('a curve on other places', () => {
  it('is straight between its own', () => {
    expect([...interpolate(curve([0, 10, 20], [0, 1, 3]), [0, 5, 10, 15, 20])]).toEqual([0, 0.5, 1, 2, 3]);
  });

  it('stands for one distance beyond its ends, and is unknown farther out', () => {
    const { NaN: no } = Number;
    expect([...interpolate(curve([10, 15, 25], [1, 2, 3]), [4, 5, 10, 25, 35, 36])]).toEqual([no, 1, 1, 3, 3, no]);
    expect([...interpolate(curve([5], [1]), [4, 5, 6])]).toEqual([no, 1, no]);
    expect([...interpolate(curve([], []), [1])]).toEqual([no]);
  });

  it('is unknown beside what is no number', () => {
    const { NaN: no } = Number;
    expect([...interpolate(curve([0, 10, 20], [1, no, 3]), [0, 5, 10, 15, 20])]).toEqual([1, no, no, no, 3]);
    expect([...interpolate(curve([0, 10], [1, Number.POSITIVE_INFINITY]), [0, 5, 10])]).toEqual([1, no, no]);
  });

  it('never leaves the extremes of the curve', () => {
    const points = fc.uniqueArray(
      fc.record({ x: fc.integer({ min: -1000, max: 1000 }), y: fc.double({ noNaN: true, min: -1e6, max: 1e6 }) }),
      {
        selector: ({ x }) => x,
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(points, fc.array(fc.integer({ min: -1200, max: 1200 })), (unsorted, places) => {
        const sorted = [...unsorted].sort((a, b) => a.x - b.x);
        const ys = sorted.map(({ y }) => y);
        const [least, most] = [Math.min(...ys), Math.max(...ys)];
        const ascending = [...places].sort((a, b) => a - b);
        const found = interpolate(
          curve(
            sorted.map(({ x }) => x),
            ys,
          ),
          ascending,
        );
        for (const [at, value] of found.entries()) {
          const place = ascending[at] as number;
          const [first, second = first] = sorted;
          const [before, last] = [sorted.at(-2) ?? sorted[0], sorted.at(-1)];
          const reach = [2 * (first?.x as number) - (second?.x as number), 2 * (last?.x as number) - (before?.x as number)] as const;
          const inside = place >= reach[0] && place <= reach[1];
          expect(Number.isNaN(value)).toBe(!inside);
          if (inside) expect(value).toBeGreaterThanOrEqual(least - 1e-6);
          if (inside) expect(value).toBeLessThanOrEqual(most + 1e-6);
        }
      }),
    );
  });
});

describe('a group of runs', () => {
  it('has its mean, its band and the number of runs behind each place', () => {
    const group = groupCurve([curve([0, 10], [1, 2]), curve([0, 10, 30], [3, 4, 5])], 'range');
    expect([...group.x]).toEqual([0, 10, 30]);
    expect([...group.mean]).toEqual([2, 3, 5]);
    expect([...group.low]).toEqual([1, 2, 5]);
    expect([...group.high]).toEqual([3, 4, 5]);
    expect([...group.runs]).toEqual([2, 2, 1]);
    expect(runsBehind(group)).toEqual([
      { from: 0, runs: 2 },
      { from: 30, runs: 1 },
    ]);
  });

  it('of runs logged at different steps is not torn between them', () => {
    const group = groupCurve([curve([0, 100, 200], [0, 100, 200]), curve([50, 150, 250], [50, 150, 250])], 'std');
    expect([...group.mean]).toEqual([25, 50, 100, 150, 200, 225]);
    expect([...group.runs]).toEqual([2, 2, 2, 2, 2, 2]);
  });
});
