import { describe, expect, it } from 'vitest';
import { passes, unionOf } from './filter';

describe('what the one stream carries', () => {
  it('is what anybody listens to', () => {
    expect(
      unionOf([
        { runs: ['b'], types: ['log'] },
        { runs: ['a', 'b'], types: ['run_changed'] },
      ]),
    ).toEqual({ runs: 'a,b', types: 'log,run_changed' });
  });

  it('is everything as soon as one listens to everything', () => {
    expect(unionOf([{ runs: ['a'] }, { types: ['log'] }])).toEqual({});
  });

  it('names no more runs than a stream may name', () => {
    expect(unionOf([{ runs: Array.from({ length: 201 }, (_, at) => `r${at}`), types: ['log'] }])).toEqual({ types: 'log' });
  });

  it('is little where nobody listens', () => {
    expect(unionOf([])).toEqual({ types: 'run_deleted' });
  });
});

it('hands out what passes', () => {
  const item = { type: 'run_deleted', runId: 'a' } as const;
  expect(passes({}, item)).toBe(true);
  expect(passes({ runs: ['b'] }, item)).toBe(false);
  expect(passes({ runs: ['a'], types: ['log'] }, item)).toBe(false);
});
