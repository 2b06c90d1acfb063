// What is said of runs, the trash, and many runs at once.

import Type, { type Static } from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import type { Run } from '../../../query/run.js';
import type { RunEdit } from '../../../runtime/run-edit.js';
import { RunsAnywhere } from '../../control/runs-anywhere.js';
import { allows, type Principal } from '../access/principal.js';
import { type Problem, toProblem, toXTrackError } from '../answers/errors.js';
import { toRunRow } from '../answers/run-row.js';
import type { ControlPlane } from '../control-plane.js';
import { type Route, route } from '../route.js';
import { inTurns, RunsInView } from '../runs-in-view.js';
import { runParams, runRow } from '../schemas.js';

const MOST_RUNS = 1_000;
/** Edits that may share one commit. */
const AT_ONCE = 16;

const write = { scope: 'write', of: 'run' } as const;

const Edit = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  notes: Type.Optional(Type.Union([Type.String({ maxLength: 65_536 }), Type.Null()])),
  tags: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String({ maxLength: 4_096 }), Type.Null()]), { description: 'null removes' }),
  ),
  archived: Type.Optional(Type.Boolean()),
  public: Type.Optional(Type.Boolean({ description: 'needs admin' })),
});
type Edit = Static<typeof Edit>;

const Bulk = Type.Object({
  runIds: Type.Array(Type.String({ maxLength: 512 }), { maxItems: MOST_RUNS }),
  action: Type.Enum(['delete', 'restore', 'purge', 'edit']),
  edit: Type.Optional(Edit),
});
type Bulk = Static<typeof Bulk>;

const problem = Type.Object({ code: Type.String(), detail: Type.String() }, { additionalProperties: true });

export const editRunsRoutes: readonly Route[] = [
  route({
    method: 'PATCH',
    path: '/runs/:runId',
    summary: 'Change name, notes, tags, archived or public of a run',
    chapter: 'runs',
    access: write,
    params: runParams,
    body: Edit,
    answer: { schema: runRow },
    errors: ['XT_ARGUMENT', 'XT_FIELD_LIMIT', 'XT_RUN_OWNED'],
    audit: changed,
    handle: async ({ xtrack, principal, run, body }) => toRunRow(await edit(xtrack, principal, run, body)),
  }),
  route({
    method: 'DELETE',
    path: '/runs/:runId',
    summary: 'Move a run that is over to the trash',
    chapter: 'runs',
    access: write,
    params: runParams,
    answer: { status: 204 },
    errors: ['XT_RUN_LIVE', 'XT_RUN_OWNED'],
    handle: ({ xtrack, run }) => new RunsAnywhere(xtrack).delete(run.runId),
  }),
  route({
    method: 'POST',
    path: '/runs/:runId/restore',
    summary: 'Take a run out of the trash',
    chapter: 'runs',
    access: write,
    params: runParams,
    answer: { schema: runRow },
    errors: ['XT_RUN_OWNED'],
    handle: async ({ xtrack, run }) => toRunRow(await new RunsAnywhere(xtrack).restore(run.runId)),
  }),
  route({
    method: 'POST',
    path: '/runs/:runId/purge',
    summary: 'Remove a run for good',
    chapter: 'runs',
    access: { scope: 'admin', of: 'run' },
    params: runParams,
    answer: { status: 204 },
    errors: ['XT_RUN_LIVE', 'XT_RUN_OWNED'],
    handle: ({ xtrack, run }) => new RunsAnywhere(xtrack).purge(run.runId),
  }),
  route({
    method: 'POST',
    path: '/runs/bulk',
    summary: 'Delete, restore, purge or edit many runs; each succeeds or fails by itself',
    chapter: 'runs',
    access: { scope: 'write', of: 'listed' },
    body: Bulk,
    answer: {
      schema: Type.Object({
        results: Type.Array(Type.Object({ runId: Type.String(), ok: Type.Boolean(), error: Type.Optional(problem) })),
      }),
    },
    errors: ['XT_ARGUMENT'],
    audit: ({ runIds, action, edit: changes = {} }, result) => ({
      bulk: action,
      runs: runIds,
      failed: (result as { results: Result[] } | undefined)?.results.filter(({ ok }) => !ok).map(({ runId }) => runId),
      ...changed(changes),
    }),
    async handle({ xtrack, principal, body }) {
      if (body.action === 'edit' && body.edit === undefined)
        throw new XTrackError('XT_ARGUMENT', { detail: 'nothing is said of how to edit', field: 'edit' });
      const runs = new RunsInView(xtrack, principal);
      const one = async (runId: string): Promise<Result> => {
        try {
          await act(xtrack, principal, await runs.require(runId, body.action === 'purge' ? 'admin' : 'write'), body);
          return { runId, ok: true };
        } catch (error) {
          return { runId, ok: false, error: toProblem(toXTrackError(error)) };
        }
      };
      return { results: await inTurns([...new Set(body.runIds)], AT_ONCE, one) };
    },
  }),
];

/** The names of what was changed, and whether the run was published. */
function changed(changes: Edit): Readonly<Record<string, unknown>> {
  return { changed: Object.keys(changes), ...(changes.public !== undefined && { public: changes.public }) };
}

interface Result {
  readonly runId: string;
  readonly ok: boolean;
  readonly error?: Problem;
}

async function act(xtrack: ControlPlane, principal: Principal, run: Run, { action, edit: changes = {} }: Bulk): Promise<void> {
  if (action === 'edit') await edit(xtrack, principal, run, changes);
  else await new RunsAnywhere(xtrack)[action](run.runId);
}

/** Who may write to a run may not yet show it to everybody. */
async function edit(xtrack: ControlPlane, principal: Principal, run: Run, changes: Edit): Promise<Run> {
  if (changes.public !== undefined && changes.public !== run.public && !allows(principal, 'admin', run.experimentId))
    throw new XTrackError('XT_FORBIDDEN', { detail: "to publish a run needs the scope 'admin'", field: 'public' });
  return await new RunsAnywhere(xtrack).update(run.runId, changes as RunEdit);
}
