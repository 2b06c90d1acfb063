import { describe, expect, it } from 'vitest';
import { correlationOf, lineThrough, strengthOf } from './correlation';

const pairs = (x: number[], y: number[]) => x.map((one, at) => ({ x: one, y: y[at] as number }));

describe('a correlation', () => {
  // Anscombe's first quartet: Pearson 0.816421, the line 3.0001 + 0.5001 x.
  const anscombe = pairs([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5], [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]);

  it('is that of the books', () => {
    const { pearson, spearman, pairs: count } = correlationOf(anscombe);
    expect(pearson).toBeCloseTo(0.816421, 6);
    expect(spearman).toBeCloseTo(0.818182, 6);
    expect(count).toBe(11);
    expect(lineThrough(anscombe)?.slope).toBeCloseTo(0.5001, 4);
    expect(lineThrough(anscombe)?.at0).toBeCloseTo(3.0001, 4);
  });

  it('of ranks sees what is monotonous but not straight', () => {
    const { pearson, spearman } = correlationOf(pairs([1, 2, 3, 4, 5], [1, 10, 100, 1_000, 10_000]));
    expect(spearman).toBe(1);
    expect(pearson).toBeLessThan(0.9);
  });

  it('shares ranks between equal values', () => {
    expect(correlationOf(pairs([1, 1, 2, 2], [1, 1, 2, 2])).spearman).toBeCloseTo(1, 12);
  });

  it('leaves out what is no number, and says nothing of too little', () => {
    const few = pairs([1, 2, Number.NaN, 4], [1, Number.POSITIVE_INFINITY, 3, 4]);
    expect(correlationOf(few)).toEqual({ pairs: 2, pearson: null, spearman: null });
    expect(correlationOf(pairs([1, 1, 1], [1, 2, 3]))).toEqual({ pairs: 3, pearson: null, spearman: null });
    expect(lineThrough(pairs([1, 1], [1, 2]))).toBeNull();
  });

  it('has words', () => {
    expect([0.1, -0.3, 0.5, -0.7, 0.95].map(strengthOf)).toEqual([
      'hardly any',
      'weak, falling',
      'moderate, rising',
      'strong, falling',
      'very strong, rising',
    ]);
  });
});
