import { expect, it } from 'vitest';
import { durationOf } from './run.js';

it('says how long a run took, and nothing below 0 where its clock was set back', () => {
  expect(durationOf({ startedAt: '2026-01-31T12:00:00.000Z', endedAt: '2026-01-31T12:00:01.500Z' })).toBe(1_500);
  expect(durationOf({ startedAt: '2026-01-31T12:00:00.000Z', endedAt: '2026-01-31T10:10:00.000Z' })).toBe(0);
  expect(durationOf({ startedAt: '2026-01-31T12:00:00.000Z', endedAt: null })).toBeNull();
});
