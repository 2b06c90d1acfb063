// Checkpoints: listed, and one of them made the one to use.

import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import type { Checkpoint } from '../../../protocol/events.js';
import { RESERVED_TAGS } from '../../../protocol/reserved-tags.js';
import { RunsAnywhere } from '../../control/runs-anywhere.js';
import { type RunRow, toRunRow } from '../answers/run-row.js';
import { entryId } from '../artifacts/content.js';
import { ArtifactRoots } from '../artifacts/roots.js';
import { type Route, route } from '../route.js';
import { inTurns } from '../runs-in-view.js';
import { anyNumber, runParams, runRow } from '../schemas.js';
import { requireSpawn, resumption } from '../spawn.js';

/** Files looked for at once. */
const AT_ONCE = 16;

const params = Type.Object({ ...runParams.properties, checkpointId: Type.String({ maxLength: 64 }) });
const text = Type.Union([Type.String(), Type.Null()]);

export const checkpointsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/runs/:runId/checkpoints',
    summary: 'The checkpoints of a run, in the order recorded',
    chapter: 'checkpoints',
    access: { scope: 'view', of: 'run' },
    params: runParams,
    answer: {
      schema: Type.Array(
        Type.Object({
          id: Type.String(),
          step: Type.Number(),
          epoch: Type.Union([anyNumber, Type.Null()]),
          path: Type.String(),
          metrics: Type.Union([Type.Record(Type.String(), anyNumber), Type.Null()]),
          isBest: Type.Boolean(),
          bestKey: text,
          metadata: Type.Unknown(),
          ts: Type.Number({ description: 'µs since the epoch' }),
          promoted: Type.Boolean(),
          exists: Type.Union([Type.Boolean(), Type.Null()], { description: 'null: it lies where this server does not look' }),
        }),
      ),
    },
    async handle({ xtrack, services, run }) {
      const roots = new ArtifactRoots(services.artifactRoots, xtrack.directory, run.runId);
      const promoted = run.tags[RESERVED_TAGS.promoted];
      const all = await xtrack.getCheckpoints(run);
      return await inTurns([...all.entries()], AT_ONCE, async ([place, checkpoint]) => {
        const id = entryId(place, checkpoint);
        return { id, ...fieldsOf(checkpoint), promoted: id === promoted, exists: await exists(checkpoint, roots) };
      });
    },
  }),
  route({
    method: 'POST',
    path: '/runs/:runId/checkpoints/:checkpointId/promote',
    summary: 'Make a checkpoint the one of its run that is to be used',
    chapter: 'checkpoints',
    access: { scope: 'write', of: 'run' },
    params,
    answer: { status: 204 },
    errors: ['XT_NOT_FOUND', 'XT_RUN_OWNED'],
    async handle({ xtrack, run, params: { checkpointId } }) {
      checkpointOf(await xtrack.getCheckpoints(run), checkpointId);
      await new RunsAnywhere(xtrack).update(run.runId, { promoted: checkpointId });
    },
  }),
  route({
    method: 'POST',
    path: '/runs/:runId/resume',
    summary: 'Start the command of a run that is over again, from a checkpoint, as its child run',
    chapter: 'checkpoints',
    access: { scope: 'admin', of: 'run' },
    params: runParams,
    body: Type.Object({ checkpointId: Type.String({ maxLength: 64 }) }),
    answer: { status: 201, schema: runRow },
    errors: ['XT_NOT_FOUND', 'XT_RUN_LIVE', 'XT_SPAWN', 'XT_FORBIDDEN'],
    audit: ({ checkpointId }, result) => ({ checkpoint: checkpointId, started: (result as RunRow | undefined)?.runId }),
    async handle({ xtrack, services, run, body }) {
      requireSpawn(services);
      const checkpoint = checkpointOf(await xtrack.getCheckpoints(run), body.checkpointId);
      return toRunRow(await xtrack.startRun(await resumption(xtrack, run, checkpoint)));
    },
  }),
];

/** The checkpoint with this id. Throws XT_NOT_FOUND. */
function checkpointOf(checkpoints: readonly Checkpoint[], checkpointId: string): Checkpoint {
  const found = checkpoints.find((checkpoint, place) => entryId(place, checkpoint) === checkpointId);
  if (found === undefined) throw new XTrackError('XT_NOT_FOUND', { detail: 'the run has no such checkpoint', field: 'checkpointId' });
  return found;
}

/** Null: it cannot be known from here. */
async function exists({ path }: Checkpoint, roots: ArtifactRoots): Promise<boolean | null> {
  const found = await roots.look(path);
  return found === undefined ? null : found !== 'nothing';
}

function fieldsOf({ step, epoch, path, metrics, isBest, bestKey, metadata, ts }: Checkpoint): object {
  return {
    step,
    epoch: epoch ?? null,
    path,
    metrics: metrics ?? null,
    isBest: isBest ?? false,
    bestKey: bestKey ?? null,
    metadata: metadata ?? null,
    ts,
  };
}
