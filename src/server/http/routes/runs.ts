// Runs: found, read, started, and begun again from a checkpoint.

import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import { isPublic, type Run } from '../../../query/run.js';
import type { Lineage } from '../../../query/run-questions.js';
import type { StartRunOptions } from '../../../runtime/process/run-manager.js';
import { RunsAnywhere } from '../../control/runs-anywhere.js';
import { allows, type Principal, visibleExperiments } from '../access/principal.js';
import { type RunRow, toRunDetail, toRunRow } from '../answers/run-row.js';
import { marksOf, type RunFacts, timelineOf } from '../answers/timeline.js';
import type { ControlPlane } from '../control-plane.js';
import { type Route, route } from '../route.js';
import { page, runDetail, runParams, runRow } from '../schemas.js';
import { checkStart, requireSpawn } from '../spawn.js';

const MOST_COLUMNS = 50;
/** Warnings on the page of a run. */
const MOST_WARNINGS = 200;
const ts = Type.Number({ description: 'µs since the epoch' });
const view = { scope: 'view', of: 'run' } as const;

const text = Type.String({ maxLength: 4_096 });
const texts = Type.Record(Type.String(), text);

const Start = Type.Object({
  command: Type.String({ minLength: 1, maxLength: 4_096, description: 'a program, never a line for a shell' }),
  args: Type.Optional(Type.Array(text, { maxItems: 1_000 })),
  env: Type.Optional(texts),
  cwd: Type.Optional(text),
  name: Type.Optional(Type.String({ maxLength: 512 })),
  experimentId: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  parentRunId: Type.Optional(Type.String({ maxLength: 128 })),
  tags: Type.Optional(texts),
  runId: Type.Optional(Type.String({ maxLength: 128 })),
  systemMetrics: Type.Optional(Type.Union([Type.Boolean(), Type.Object({ intervalMs: Type.Number() })])),
});

export const runsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/runs',
    summary: 'Search runs, with values of any param, metric or tag beside each',
    chapter: 'runs',
    access: { scope: 'view', of: 'listed' },
    query: Type.Object({
      q: Type.Optional(Type.String({ maxLength: 16_384, description: 'search language; empty: every run' })),
      ...page,
      columns: Type.Optional(Type.String({ maxLength: 16_384, description: 'JSON array of values in the search language' })),
      deleted: Type.Optional(Type.Enum(['only'], { description: 'the trash' })),
      archived: Type.Optional(Type.Enum(['include', 'only'], { description: 'without it, archived runs are left out' })),
    }),
    answer: {
      schema: Type.Object({
        runs: Type.Array(runRow),
        values: Type.Array(Type.Array(Type.Unknown()), { description: 'per run, one value for each column' }),
        cursor: Type.Union([Type.String(), Type.Null()], { description: 'of the next page' }),
      }),
    },
    errors: ['XT_SEARCH', 'XT_ARGUMENT'],
    async handle({ xtrack, principal, query }) {
      const { q = '', limit, cursor, columns, deleted, archived } = query;
      const experiments = visibleExperiments(principal);
      const found = await xtrack.search(q, {
        ...(limit !== undefined && { limit }),
        ...(cursor !== undefined && { cursor }),
        ...(columns !== undefined && { columns: readColumns(columns) }),
        ...(deleted !== undefined && { deleted }),
        ...(experiments !== null && { experiments }),
        // In the trash lies whatever was put there.
        ...(deleted === undefined && archived !== 'include' && { archived: archived ?? 'exclude' }),
      });
      return { ...found, runs: found.runs.map(toRunRow) };
    },
  }),
  route({
    method: 'POST',
    path: '/runs',
    summary: 'Start a program as a run, where the operator allowed it',
    chapter: 'runs',
    access: { scope: 'admin', of: 'server' },
    body: Start,
    answer: { status: 201, schema: runRow },
    errors: ['XT_FORBIDDEN', 'XT_ARGUMENT', 'XT_SPAWN', 'XT_RUN_EXISTS', 'XT_RUN_ID'],
    // Arguments and variables may hold secrets.
    audit: ({ command }, result) => ({ command, run: (result as RunRow | undefined)?.runId }),
    async handle({ xtrack, services, body }) {
      requireSpawn(services);
      checkStart(body as StartRunOptions);
      return toRunRow(await xtrack.startRun(body as StartRunOptions));
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId',
    summary: 'Everything about a run but its metrics, logs and files',
    chapter: 'runs',
    access: view,
    params: runParams,
    answer: { schema: runDetail },
    async handle({ xtrack, run }) {
      const [gaps, warnings, knobs, reachable] = await Promise.all([
        xtrack.getGaps(run),
        xtrack.getWarnings(run),
        xtrack.getKnobs(run),
        new RunsAnywhere(xtrack).isReachable(run),
      ]);
      return toRunDetail(run, { gaps, warnings: warnings.slice(-MOST_WARNINGS), knobs, reachable });
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/params',
    summary: 'The params of a run, flat',
    chapter: 'runs',
    access: view,
    params: runParams,
    answer: { schema: Type.Record(Type.String(), Type.Unknown()) },
    handle: async ({ xtrack, run }) => await xtrack.getParams(run),
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/lineage',
    summary: 'The family of a run, from its oldest ancestor down',
    chapter: 'runs',
    access: view,
    params: runParams,
    answer: { schema: Type.Object({ run: runRow, children: Type.Array(Type.Unknown()) }) },
    async handle({ xtrack, principal, run }) {
      const family = await xtrack.getLineage(run);
      return partWith(run.runId, family, principal) ?? { run: toRunRow(run), children: [] };
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/timeline',
    summary: 'What happened to a run, oldest first; the newest 5,000 entries',
    chapter: 'runs',
    access: view,
    params: runParams,
    answer: {
      schema: Type.Array(
        Type.Object({
          at: Type.String({ format: 'date-time' }),
          ts,
          kind: Type.Enum(['status', 'checkpoint', 'command', 'change', 'restart', 'gap', 'warning', 'start', 'end']),
          title: Type.String(),
          step: Type.Optional(Type.Number()),
          detail: Type.Optional(Type.String()),
        }),
      ),
    },
    handle: async ({ xtrack, run }) => timelineOf(await factsOf(xtrack, run)),
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/marks',
    summary: 'What happened to a run that is to be seen on its curves, oldest first',
    chapter: 'runs',
    access: view,
    params: runParams,
    answer: {
      schema: Type.Array(
        Type.Object({
          kind: Type.Enum(['checkpoint', 'command', 'change', 'restart', 'gap']),
          step: Type.Union([Type.Number(), Type.Null()]),
          ts,
          title: Type.String(),
        }),
      ),
    },
    handle: async ({ xtrack, run }) => marksOf(await factsOf(xtrack, run)),
  }),
];

async function factsOf(xtrack: ControlPlane, run: Run): Promise<RunFacts> {
  const [history, checkpoints, commands, changes, warnings] = await Promise.all([
    xtrack.getHistory(run),
    xtrack.getCheckpoints(run),
    xtrack.getCommands(run),
    xtrack.getChanges(run),
    xtrack.getWarnings(run),
  ]);
  return { history, checkpoints, commands, changes, warnings };
}

interface SeenLineage {
  readonly run: RunRow;
  readonly children: readonly SeenLineage[];
}

/** From the oldest ancestor that the caller may see without a hidden one in between. */
function partWith(runId: string, family: Lineage, principal: Principal): SeenLineage | undefined {
  const part = seenOf(family, principal);
  if (part !== undefined && holds(part, runId)) return part;
  for (const child of family.children) {
    const found = partWith(runId, child, principal);
    if (found !== undefined) return found;
  }
  return undefined;
}

function holds({ run, children }: SeenLineage, runId: string): boolean {
  return run.runId === runId || children.some((child) => holds(child, runId));
}

/** The part of a family that the caller may see, from the top down: whoever hangs on a hidden run is hidden with it. */
function seenOf({ run, children }: Lineage, principal: Principal): SeenLineage | undefined {
  if (!isPublic(run) && !allows(principal, 'view', run.experimentId)) return undefined;
  return { run: toRunRow(run), children: children.flatMap((child) => seenOf(child, principal) ?? []) };
}

function readColumns(text: string): string[] {
  let columns: unknown;
  try {
    columns = JSON.parse(text);
  } catch {
    columns = undefined;
  }
  if (!Array.isArray(columns) || columns.length > MOST_COLUMNS || columns.some((column) => typeof column !== 'string'))
    throw new XTrackError('XT_ARGUMENT', { detail: `columns are a JSON array of at most ${MOST_COLUMNS} texts`, field: 'columns' });
  return columns as string[];
}
