import { describe, expect, it } from 'vitest';
import { bandOf, deviationOf, meanOf, quantileOf, studentReach } from './spread';

describe('the spread of values', () => {
  it('has the mean and the deviation of the sample', () => {
    expect(meanOf([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
    expect(deviationOf([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2.13809, 5);
  });

  it('says nothing of no values, and has no width for one', () => {
    expect(meanOf([])).toBeNaN();
    expect(deviationOf([])).toBeNaN();
    for (const kind of ['std', 'ci', 'quantiles', 'range'] as const) {
      expect(bandOf([], kind)).toEqual({ low: Number.NaN, high: Number.NaN });
      expect(bandOf([3], kind)).toEqual({ low: 3, high: 3 });
    }
  });

  it('has the quantiles of NumPy', () => {
    expect(quantileOf([1, 2, 3, 4], 0.1)).toBeCloseTo(1.3, 12);
    expect(quantileOf([1, 2, 3, 4], 0.9)).toBeCloseTo(3.7, 12);
    expect(quantileOf([1, 2, 3, 4], 0)).toBe(1);
    expect(quantileOf([1, 2, 3, 4], 1)).toBe(4);
    expect(bandOf([4, 1, 3, 2], 'quantiles').low).toBeCloseTo(1.3, 12);
  });

  // Two-sided 95 % from the tables of Student's t.
  it.each([
    [1, 12.7062],
    [4, 2.7764],
    [5, 2.5706],
    [7, 2.3646],
    [9, 2.2622],
    [30, 2.0423],
    [99, 1.9842],
  ])('reaches as far as Student with %i degrees of freedom', (degrees, reach) => {
    expect(Math.abs(studentReach(degrees) / reach - 1)).toBeLessThan(0.0005);
  });

  it('gives each kind of band its width', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(bandOf(values, 'range')).toEqual({ low: 2, high: 9 });
    expect(bandOf(values, 'std').high).toBeCloseTo(7.13809, 5);
    expect(bandOf(values, 'ci').high).toBeCloseTo(5 + (2.3646 * 2.13809) / Math.sqrt(8), 2);
  });
});
