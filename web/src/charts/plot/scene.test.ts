import { describe, expect, it } from 'vitest';
import type { ChartSeries } from '../series/chart-series';
import { makeScene, xExtent } from './scene';

const base = { id: 'a', label: 'a', colour: '#000000' };
const options = { axis: 'step' as const, marks: [], logX: false, logY: false, smoothing: 0, range: null };

function series(x: readonly number[], mean: readonly number[], more: Partial<ChartSeries> = {}): ChartSeries {
  return { ...base, x, mean, total: x.length, ...more };
}

describe('a scene', () => {
  it('shows everything, with a margin above and below', () => {
    const scene = makeScene({ ...options, series: [series([0, 1, 2], [0, 10, 5])] });
    expect(scene.x).toEqual({ from: 0, to: 2 });
    expect(scene.y).toEqual({ from: -0.5, to: 10.5 });
  });

  it('holds the envelope, so that no spike leaves the chart', () => {
    const scene = makeScene({ ...options, series: [series([0, 1], [5, 5], { min: [5, -90], max: [110, 5] })] });
    expect(scene.y.from).toBeLessThanOrEqual(-90);
    expect(scene.y.to).toBeGreaterThanOrEqual(110);
  });

  it('fits the values to the window alone', () => {
    const scene = makeScene({ ...options, series: [series([0, 1, 2, 3], [900, 1, 2, 900])], range: { from: 1, to: 2 } });
    expect(scene.y.to).toBeLessThan(3);
    // One place beyond each edge is drawn, so that the line reaches it.
    expect(scene.curves[0]).toMatchObject({ first: 0, end: 4 });
  });

  it('counts what cannot be drawn instead of dropping it', () => {
    const values = [1, Number.NaN, Number.POSITIVE_INFINITY, -1];
    const { counts } = makeScene({ ...options, logY: true, series: [series([0, 1, 2, 3], values)] });
    expect(counts).toEqual({ points: 4, drawn: 4, nonFinite: 2, offScale: 1, unplaced: 0 });
    expect(makeScene({ ...options, series: [series([0, 1], [1, 2], { total: 52, unplaced: 50 })] }).counts).toMatchObject({
      points: 2,
      unplaced: 50,
    });
    const buckets = series([0, 1], [1, 2], { nonFinite: [3, 0], total: 1_000 });
    expect(makeScene({ ...options, series: [buckets] }).counts).toMatchObject({ points: 1_000, drawn: 2, nonFinite: 3 });
  });

  it('has a range even for nothing, one point, equal values and the largest doubles', () => {
    for (const one of [[], [7]]) {
      const { x, y } = makeScene({ ...options, series: [series(one, one)] });
      expect(x.to).toBeGreaterThan(x.from);
      expect(y.to).toBeGreaterThan(y.from);
    }
    const { y } = makeScene({ ...options, series: [series([0, 1], [-Number.MAX_VALUE, Number.MAX_VALUE])] });
    expect(Number.isFinite(y.to - y.from)).toBe(true);
  });

  it('begins a log axis at the first place above 0', () => {
    expect(xExtent([series([-1, 0, 0.5, 100], [1, 1, 1, 1])], true)).toEqual({ from: 0.5, to: 100 });
  });

  it('cuts lines where events are missing', () => {
    const marks = [
      { kind: 'gap' as const, x: 5, title: 'lost' },
      { kind: 'checkpoint' as const, x: 3, title: 'saved' },
    ];
    expect(makeScene({ ...options, marks, series: [] }).cuts).toEqual([5]);
  });

  it('smooths what the line follows and keeps the values', () => {
    const [curve] = makeScene({ ...options, smoothing: 0.5, series: [series([0, 1], [0, 1])] }).curves;
    expect(curve?.line[1]).toBeCloseTo(2 / 3, 12);
    expect(curve?.series.mean[1]).toBe(1);
  });
});
