// Questions over many runs: what there is to ask for, which is best, what differs, what a metric hangs on.

import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import { allows, type Principal, visibleExperiments } from '../access/principal.js';
import { toRunRow } from '../answers/run-row.js';
import { type Route, route } from '../route.js';
import { inTurns, RunsInView } from '../runs-in-view.js';
import { anyNumber, runRow } from '../schemas.js';

const MOST_RANKED = 1_000;
/** Runs that are compared at once. */
const MOST_COMPARED = 100;
const AT_ONCE = 8;

const listed = { scope: 'view', of: 'listed' } as const;
const label = Type.String({ minLength: 1, maxLength: 512 });
const text = Type.String({ maxLength: 16_384 });
const mode = Type.Optional(
  Type.Enum(['min', 'max'], { description: 'which end is better; by the name of the metric where it is left out' }),
);
const pathless = Type.Optional(
  Type.String({
    maxLength: 512,
    description: 'the name of the experiment, where the path has `-`: for names that no path can hold (`..`)',
  }),
);
const experimentParams = Type.Object({ experimentId: Type.String({ maxLength: 512 }) });
const strings = Type.Array(Type.String());
const differences = Type.Array(Type.Object({ key: Type.String(), values: Type.Array(Type.Unknown()) }));
const group = Type.Object({ runs: Type.Integer(), mean: anyNumber, deviation: anyNumber });

export const questionsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/keys',
    summary: 'The params, tags and metrics that a search can name',
    chapter: 'questions',
    access: listed,
    answer: { schema: Type.Object({ params: strings, tags: strings, metrics: strings }) },
    handle: ({ xtrack, principal }) => xtrack.listKeys(visibleExperiments(principal) ?? undefined),
  }),
  route({
    method: 'GET',
    path: '/experiments',
    summary: 'Every experiment with its number of runs, the one in which a run was started last first',
    chapter: 'questions',
    access: listed,
    answer: {
      schema: Type.Array(
        Type.Object({
          experimentId: Type.Union([Type.String(), Type.Null()], { description: 'null: the runs of none' }),
          runs: Type.Integer(),
          live: Type.Integer(),
          lastStartedAt: Type.Union([Type.String(), Type.Null()]),
        }),
      ),
    },
    async handle({ xtrack, principal }) {
      const all = await xtrack.listExperiments();
      return all
        .filter(({ experimentId }) => allows(principal, 'view', experimentId))
        .map(({ lastStartedAt, ...rest }) => ({
          ...rest,
          lastStartedAt: lastStartedAt === null ? null : new Date(lastStartedAt / 1_000).toISOString(),
        }));
    },
  }),
  route({
    method: 'GET',
    path: '/experiments/:experimentId/leaderboard',
    summary: 'The best runs of an experiment by a metric, best first',
    chapter: 'questions',
    access: listed,
    params: experimentParams,
    query: Type.Object({
      metric: label,
      mode,
      experiment: pathless,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_RANKED })),
    }),
    answer: { schema: Type.Array(Type.Object({ run: runRow, value: Type.Number() })) },
    async handle({ xtrack, principal, params, query }) {
      const { metric, experiment, ...options } = query;
      const ranked = await xtrack.leaderboard(seen(principal, nameIn(params, experiment)), metric, options);
      return ranked.map(({ run, value }) => ({ run: toRunRow(run), value }));
    },
  }),
  route({
    method: 'GET',
    path: '/experiments/:experimentId/sensitivity',
    summary: 'How the best value of a metric hangs on the params, most important first',
    chapter: 'questions',
    access: listed,
    params: experimentParams,
    query: Type.Object({ metric: label, mode, experiment: pathless }),
    answer: { schema: Type.Array(Type.Object({ key: Type.String() }, { additionalProperties: true })) },
    errors: ['XT_METRIC_NOT_FOUND'],
    async handle({ xtrack, principal, params, query }) {
      const { metric, experiment, ...options } = query;
      return await xtrack.paramSensitivity(seen(principal, nameIn(params, experiment)), metric, options);
    },
  }),
  route({
    method: 'POST',
    path: '/compare',
    summary: '2 to 100 runs side by side: what differs, and all metrics',
    chapter: 'questions',
    access: listed,
    body: Type.Object({ runIds: Type.Array(Type.String({ maxLength: 512 }), { maxItems: MOST_COMPARED }) }),
    answer: {
      schema: Type.Object({
        runs: Type.Array(runRow),
        params: differences,
        sameParams: Type.Integer(),
        metrics: Type.Array(Type.Unknown()),
        tags: differences,
        source: differences,
        environment: differences,
        durations: Type.Array(Type.Union([Type.Number(), Type.Null()])),
      }),
    },
    errors: ['XT_ARGUMENT', 'XT_RUN_NOT_FOUND'],
    async handle({ xtrack, principal, body }) {
      const runs = new RunsInView(xtrack, principal);
      await inTurns(body.runIds, AT_ONCE, (runId) => runs.require(runId, 'view'));
      const found = await xtrack.compareRuns(body.runIds);
      return { ...found, runs: found.runs.map(toRunRow) };
    },
  }),
  route({
    method: 'POST',
    path: '/compare/groups',
    summary: 'Whether two groups of runs, each found by a search, differ in the best value of a metric',
    chapter: 'questions',
    access: listed,
    body: Type.Object({ a: text, b: text, metric: label, mode }),
    answer: { schema: Type.Object({ a: group, b: group }, { additionalProperties: true }) },
    errors: ['XT_SEARCH', 'XT_ARGUMENT'],
    async handle({ xtrack, principal, body }) {
      const { a, b, metric, ...options } = body;
      const experiments = visibleExperiments(principal);
      return await xtrack.compareGroups(a, b, metric, { ...options, ...(experiments !== null && { experiments }) });
    },
  }),
];

function nameIn({ experimentId }: { readonly experimentId: string }, pathless: string | undefined): string {
  return experimentId === '-' && pathless !== undefined ? pathless : experimentId;
}

/** The experiment, if the caller may see it. Whether it is there makes no difference to whoever may not. */
function seen(principal: Principal, experimentId: string): string {
  if (!allows(principal, 'view', experimentId))
    throw new XTrackError('XT_FORBIDDEN', { detail: `the key does not show the experiment '${experimentId}'` });
  return experimentId;
}
