import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf, type Scale, scaleOf, spansDecades, tickLabel, ticksOf, valueAt } from './scale';

const labels = (scale: Scale, count = 5) => ticksOf(scale, count).map(({ label }) => label);

describe('a scale', () => {
  it('puts the least at 0 and the most at 1', () => {
    const scale = scaleOf([4, 2, null, 6], false);
    expect([2, 4, 6].map((value) => placeOf(scale, value))).toEqual([0, 0.5, 1]);
    expect(placeOf(scale, null)).toBeNaN();
    expect(placeOf(scale, Number.POSITIVE_INFINITY)).toBeNaN();
  });

  it('goes by logarithms where it is asked to', () => {
    const scale = scaleOf([1e-4, 1e-2], true);
    expect(placeOf(scale, 1e-3)).toBeCloseTo(0.5, 12);
    expect(placeOf(scale, 0)).toBeNaN();
    expect(placeOf(scale, -1)).toBeNaN();
  });

  it('has a place for one value alone, and for none', () => {
    expect(placeOf(scaleOf([3, 3], false), 3)).toBe(0.5);
    expect(placeOf(scaleOf([0], false), 0)).toBe(0.5);
    expect(placeOf(scaleOf([0.1], true), 0.1)).toBeCloseTo(0.5, 12);
    expect(placeOf(scaleOf([Number.NaN], false), 1)).toBe(1);
    expect(placeOf(scaleOf([null], false), 'adam')).toBeNaN();
  });

  it('orders texts, numbers among them by size', () => {
    const scale = scaleOf(['sgd', 10, 'adam', 9, null], false);
    expect(scale).toEqual({ kind: 'text', values: ['9', '10', 'adam', 'sgd'] });
    expect(placeOf(scale, 9)).toBe(0.125);
    expect(valueAt(scale, 0.99)).toBe('sgd');
    expect(valueAt(scale, -3)).toBe('9');
  });

  it('finds the value of a place again', () => {
    const low = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    const ratio = fc.double({ min: 1.001, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(low, ratio, fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), (least, times, log, place) => {
        const scale = scaleOf([least, least * times], log);
        expect(placeOf(scale, valueAt(scale, place))).toBeCloseTo(place, 6);
      }),
    );
  });

  it('knows what spans decades', () => {
    expect(spansDecades([1e-4, 1e-2])).toBe(true);
    expect(spansDecades([1, 99])).toBe(false);
    expect(spansDecades([0, 1000])).toBe(false);
    expect(spansDecades([1000, null])).toBe(false);
  });
});

describe('ticks', () => {
  it('are round', () => {
    expect(labels(scaleOf([0, 1], false))).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1']);
    expect(labels(scaleOf([3, 97], false))).toEqual(['20', '40', '60', '80']);
    expect(labels(scaleOf([1e-5, 1], true))).toEqual(['1e-5', '1e-4', '0.001', '0.01', '0.1', '1']);
    expect(labels(scaleOf([1e-3, 3e-2], true))).toEqual(['0.001', '0.002', '0.005', '0.01', '0.02']);
  });

  it('on a log axis within one decade are those of a straight one', () => {
    expect(labels(scaleOf([2.1, 2.4], true), 3)).toEqual(['2.1', '2.2', '2.3', '2.4']);
  });

  it('name no more texts than fit', () => {
    const scale = scaleOf(
      Array.from({ length: 40 }, (_, at) => `t${at}`),
      false,
    );
    expect(labels(scale, 10)).toHaveLength(10);
  });

  it('lie within the axis, and are never too many', () => {
    const value = fc.double({ min: -1e12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.boolean(), fc.integer({ min: 1, max: 12 }), (a, b, log, count) => {
        const ticks = ticksOf(scaleOf([a, b], log), count);
        expect(ticks.length).toBeLessThanOrEqual(3 * count + 6);
        for (const { place } of ticks) expect(place > -1e-6 && place < 1 + 1e-6).toBe(true);
      }),
    );
  });

  it('are said shortly', () => {
    expect([0, 0.1 + 0.2, 1e-7, -2_500_000, 1234.5].map(tickLabel)).toEqual(['0', '0.3', '1e-7', '-2.5e6', '1234.5']);
  });
});
