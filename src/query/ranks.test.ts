import { describe, expect, it } from 'vitest';
import { ranksOf } from './ranks.js';

describe('ranks', () => {
  it('are shared by equal values', () => {
    expect(ranksOf([30, 10, 20, 20])).toEqual([4, 1, 2.5, 2.5]);
    expect(ranksOf([])).toEqual([]);
    expect(ranksOf([Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY])).toEqual([3, 2, 1]);
  });
});
