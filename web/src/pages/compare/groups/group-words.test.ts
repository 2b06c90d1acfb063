import { describe, expect, it } from 'vitest';
import type { GroupComparison } from '../../../api/types';
import { sayP, verdictOf } from './group-words';

const found = (change: Partial<GroupComparison> = {}): GroupComparison => ({
  a: { runs: 8, mean: 0.312, deviation: 0.01 },
  b: { runs: 8, mean: 0.3, deviation: 0.01 },
  difference: 0.012,
  interval: [0.003, 0.021],
  t: 2.4,
  degrees: 14,
  p: 0.0312,
  ...change,
});

describe('two groups in words', () => {
  it('say which is better, by how much, and how sure that is', () => {
    expect(verdictOf(found(), 'val_loss', 'min')).toEqual({
      finding: 'B is lower by 0.012 (95 % CI 0.003 to 0.021), p = 0.031.',
      meaning: 'Chance alone would rarely make a difference so large. Lower is better for val_loss, so B is better.',
      tone: 'sure',
    });
    expect(verdictOf(found(), 'acc', 'max').meaning).toContain('so A is better');
  });

  it('turn the interval with the sign', () => {
    const { finding } = verdictOf(found({ difference: -0.5, interval: [-0.7, -0.2], p: 1e-9 }), 'acc', 'max');
    expect(finding).toBe('B is higher by 0.5 (95 % CI 0.2 to 0.7), p < 0.0001.');
  });

  it('claim nothing that chance may have made', () => {
    const { finding, meaning, tone } = verdictOf(found({ interval: [-0.004, 0.028], p: 0.14 }), 'loss', 'min');
    expect(finding).toBe('B is lower by 0.012 (95 % CI −0.004 to 0.028), p = 0.14.');
    expect(meaning).toContain('no evidence');
    expect(tone).toBe('unsure');
  });

  it('warn of small groups, and know equal ones', () => {
    const few = found({ a: { runs: 3, mean: 1, deviation: 0 }, difference: 0, p: 1, interval: [0, 0] });
    expect(verdictOf(few, 'loss', 'min').finding).toBe('A and B have the same mean loss, 1; p = 1.');
    expect(verdictOf(few, 'loss', 'min').meaning).toContain('only 3 runs');
  });

  it('say p shortly', () => {
    expect([0.04999, 0.00012, 0].map(sayP)).toEqual(['p = 0.05', 'p = 0.00012', 'p < 0.0001']);
  });
});
