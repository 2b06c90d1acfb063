import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XTrack } from '../index.js';
import { findRun } from './run-reference.js';

let xtrack: XTrack;

beforeAll(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  for (const runId of ['alpha-1', 'alpha-2', 'alpha', 'beta-1', 'gamma']) await xtrack.startCollector(runId);
});

afterAll(async () => {
  await xtrack.close();
});

describe('naming a run', () => {
  it.each([
    ['beta-1', 'beta-1'],
    ['b', 'beta-1'],
    ['alpha', 'alpha'],
    ['alpha-2', 'alpha-2'],
    ['latest', 'gamma'],
  ])('%s is %s', async (reference, runId) => {
    expect((await findRun(xtrack, reference)).runId).toBe(runId);
  });

  it('is refused where a beginning fits several, and says which', async () => {
    await expect(findRun(xtrack, 'alpha-')).rejects.toMatchObject({ code: 'XT_ARGUMENT', message: expect.stringContaining('alpha-1') });
  });

  it.each(['ALPHA', 'lpha', 'delta', '', '%', '../x'])('%j is no run', async (reference) => {
    await expect(findRun(xtrack, reference)).rejects.toMatchObject({ code: reference === '' ? 'XT_ARGUMENT' : 'XT_RUN_NOT_FOUND' });
  });
});
