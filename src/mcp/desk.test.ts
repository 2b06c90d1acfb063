// What an agent with a key for one experiment is told of runs that the key does not show.

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { XTrackError } from '../protocol/errors.js';
import { encodeEvent } from '../protocol/index.js';
import { XTrack } from '../xtrack.js';
import { Desk } from './desk.js';

let xtrack: XTrack;
let desk: Desk;

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  const start = { type: 'run_start', runId: 'r', worker: '', incarnation: 'i', seq: 1, ts: 1, experimentId: 'dogs' } as const;
  await xtrack.ingest(encodeEvent(start), { format: 'frames', mayWrite: () => true });
  const principal = { name: 'guest', grants: [{ scope: 'view', experiment: 'cats' }] } as const;
  desk = new Desk({ xtrack, principal, steering: {} as never, caller: () => 'mcp' });
});

afterEach(async () => await xtrack.close());

const refusalOf = async (runId: string): Promise<unknown> => {
  const { code, detail, field } = await desk.run(runId).then(
    () => expect.fail('it is shown'),
    (error: XTrackError) => error,
  );
  return { code, detail: detail?.replaceAll(runId, 'RUN'), field };
};

it('is the same of a run that is there and of one that is not', async () => {
  expect(await refusalOf('r')).toEqual(await refusalOf('nowhere'));
});

it('is what everybody sees of a public run, until it lies in the trash', async () => {
  await xtrack.updateRun('r', { public: true });
  expect((await desk.run('r')).runId).toBe('r');
  await xtrack.deleteRun('r');
  expect(await refusalOf('r')).toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
});
