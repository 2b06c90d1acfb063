import { describe, expect, it } from 'vitest';
import { lowerBound, nearest, placesWithin } from './nearest';

const COLUMN = [0, 10, 10, 20, 30];

describe('nearest', () => {
  it('finds the place that lies nearest, the earlier of two equally near', () => {
    expect(nearest(COLUMN, -5)).toBe(0);
    expect(nearest(COLUMN, 14)).toBe(2);
    expect(nearest(COLUMN, 15)).toBe(2);
    expect(nearest(COLUMN, 16)).toBe(3);
    expect(nearest(COLUMN, 99)).toBe(4);
    expect(nearest([], 1)).toBe(-1);
  });

  it('finds the first place at a value or behind it', () => {
    expect(lowerBound(COLUMN, 10)).toBe(1);
    expect(lowerBound(COLUMN, 31)).toBe(5);
  });

  it('takes one place beyond each edge of the window', () => {
    expect(placesWithin(COLUMN, 9, 10)).toEqual({ first: 0, end: 4 });
    expect(placesWithin(COLUMN, 21, 29)).toEqual({ first: 3, end: 5 });
    expect(placesWithin(COLUMN, -9, 99)).toEqual({ first: 0, end: 5 });
  });
});
