import { expect, test } from 'vitest';
import { assertRunId, isRunId } from './run-id.js';

test.each(['r', 'run-1', '2024.01.02_10:30', '...', '.hidden', 'a'.repeat(128), ':', '_-'])('%s is a run id', (id) => {
  expect(isRunId(id)).toBe(true);
  expect(assertRunId(id)).toBe(id);
});

test.each(['', '.', '..', '-r', 'a/b', '../x', 'a b', 'a\n', 'a\u0000', 'é', '\u202er', 'a'.repeat(129), 7, null, undefined, ['r']])(
  '%j is none',
  (id) => {
    expect(isRunId(id)).toBe(false);
    expect(() => assertRunId(id, 'p.run_id')).toThrow(expect.objectContaining({ code: 'XT_RUN_ID', field: 'p.run_id' }));
  },
);
