import { expect, it } from 'vitest';
import { IdleRuns } from './idle-runs.js';

it('lets the oldest go beyond a bound; who is held, and who cannot go yet, stays', () => {
  const gone: string[] = [];
  const busy = new Set(['r1']);
  const idle = new IdleRuns((runId) => !busy.has(runId) && gone.push(runId) > 0);
  for (let n = 0; n < 256; n++) idle.released(`r${n}`);
  expect(gone).toEqual([]);
  idle.held('r0');
  idle.released('next');
  expect(gone).toEqual([]);
  idle.released('one too many');
  expect(gone).toEqual([]); // r1 is asked, and cannot go
  busy.clear();
  idle.released('and another');
  expect(gone).toEqual(['r2', 'r3']);
});
