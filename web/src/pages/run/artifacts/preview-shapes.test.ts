import { describe, expect, it } from 'vitest';
import { histogramOf, parseJson } from './preview-shapes';

describe('previews', () => {
  it('are JSON or not', () => {
    expect(parseJson('{"a": [1]}')).toEqual({ a: [1] });
    expect(parseJson('{"a": [1')).toBeUndefined();
  });

  it('are histograms when they have counts and one edge more', () => {
    expect(histogramOf({ counts: [1, 0, 2], bins: [0, 1, 2, 3], count: 3 })).toEqual({ counts: [1, 0, 2], edges: [0, 1, 2, 3], apart: '' });
    expect(histogramOf({ counts: [2, 1], bins: [0, 1, 2], count: 3, nan: 1, inf: 1, neg_inf: 1, above: 2 })?.apart).toBe(
      '1 NaN, 2 infinite, 2 beyond the range left out',
    );
    expect(histogramOf({ counts: [], bins: [], count: 0, nan: 3 })).toEqual({ counts: [], edges: [], apart: '3 NaN left out' });
    for (const value of [
      null,
      [1],
      { counts: [1], bins: [0] },
      { counts: ['x'], bins: [0, 1] },
      { counts: [], bins: [0] },
      { counts: [1] },
    ]) {
      expect(histogramOf(value)).toBeNull();
    }
  });
});
