import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryOf, smooth } from '../plot/scene';

describe('smooth', () => {
  it('begins at the first value: without bias towards zero', () => {
    expect([...smooth([10, 10, 10], 0.9)]).toEqual([10, 10, 10].map((value) => expect.closeTo(value, 12)));
  });

  it('weighs what came before by the weight, debiased', () => {
    const [first, second] = smooth([0, 1], 0.5);
    expect(first).toBe(0);
    // (0.5 · 0 · 0.5 + 0.5 · 1) / (0.25 + 0.5)
    expect(second).toBeCloseTo(2 / 3, 12);
  });

  it('keeps NaN and infinities where they are and goes on behind them', () => {
    const out = smooth([2, Number.NaN, Number.POSITIVE_INFINITY, 2], 0.9);
    expect(out[1]).toBeNaN();
    expect(out[2]).toBe(Number.POSITIVE_INFINITY);
    expect(out[3]).toBeCloseTo(2, 12);
  });

  it('leaves the values as they are at weight 0', () => {
    expect([...smooth([3, 1, 2], 0)]).toEqual([3, 1, 2]);
  });

  it('never leaves the range of its values', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 0.99, noNaN: true }), (all, weight) => {
        const [low, high] = [Math.min(...all), Math.max(...all)];
        const slack = 1e-9 * Math.max(1, Math.abs(low), Math.abs(high));
        for (const value of smooth(all, weight)) {
          expect(value).toBeGreaterThanOrEqual(low - slack);
          expect(value).toBeLessThanOrEqual(high + slack);
        }
      }),
    );
  });

  it('counts points, not places: whatever the width of the buckets, a step has one value', () => {
    const noise = (step: number): number => ((step * 7_919) % 101) / 50_500;
    const values = Array.from({ length: 300_000 }, (_, step) => 1 / (1 + step / 1_000) + noise(step));
    const exact = smooth(values, 0.95)[6_000] as number;
    for (const width of [2, 10, 64, 256]) {
      const means = Array.from({ length: Math.floor(values.length / width) }, (_, at) => {
        const part = values.slice(at * width, (at + 1) * width);
        return part.reduce((sum, value) => sum + value, 0) / width;
      });
      const smoothed = smooth(
        means,
        0.95,
        means.map(() => width),
      )[Math.floor(6_000 / width)] as number;
      expect(Math.abs(smoothed - exact) / exact).toBeLessThan(0.02);
    }
  });

  it('remembers so many points that what is read before a window decides nothing in it any more', () => {
    expect(memoryOf(0)).toBe(0);
    expect(0.95 ** memoryOf(0.95)).toBeLessThanOrEqual(0.001);
    const values = Array.from({ length: 4_000 }, (_, step) => 1 / (1 + step / 1_000));
    const from = 2_000 - memoryOf(0.99);
    expect(smooth(values.slice(from), 0.99)[2_000 - from]).toBeCloseTo(smooth(values, 0.99)[2_000] as number, 3);
  });
});
