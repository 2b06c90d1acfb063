// What an agent with a key for one experiment is told of runs that the key does not show.

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { XTrackError } from '../protocol/errors.js';
import { encodeEvent } from '../protocol/index.js';
import { XTrack } from '../xtrack.js';
import { AgentView } from './agent-view.js';

let xtrack: XTrack;
let view: AgentView;

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  const start = { type: 'run_start', runId: 'dogs-1', worker: '', incarnation: 'i', seq: 1, ts: 1, experimentId: 'dogs' } as const;
  const end = { ...start, type: 'run_end', seq: 2, status: 'completed' } as const;
  await xtrack.ingest(Buffer.concat([encodeEvent(start), encodeEvent(end)]), { format: 'frames', mayWrite: () => true });
  const principal = { name: 'guest', grants: [{ scope: 'view', experiment: 'cats' }] } as const;
  view = new AgentView({ xtrack, principal, steering: {} as never, caller: () => 'mcp' });
});

afterEach(async () => await xtrack.close());

const refusalOf = async (runId: string): Promise<unknown> => {
  const { code, detail, field } = await view.run(runId).then(
    () => expect.fail('it is shown'),
    (error: XTrackError) => error,
  );
  return { code, detail: detail?.replaceAll(runId, 'RUN'), field };
};

it('is the same of a run that is there and of one that is not', async () => {
  expect(await refusalOf('dogs-1')).toEqual(await refusalOf('nowhere'));
});

it('is what everybody sees of a public run, until it lies in the trash', async () => {
  await xtrack.updateRun('dogs-1', { public: true });
  expect((await view.run('dogs-1')).runId).toBe('dogs-1');
  await xtrack.deleteRun('dogs-1');
  expect(await refusalOf('dogs-1')).toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
});
