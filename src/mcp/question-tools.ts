// Tools that ask over many runs: which is best, what differs, what a metric hangs on.

import Type from 'typebox';
import { isReservedTag, RESERVED_TAGS } from '../protocol/reserved-tags.js';
import type { Difference, MetricComparison } from '../query/compare.js';
import type { Run } from '../query/run.js';
import type { SearchResult } from '../query/run-reader.js';
import type { AgentView } from './agent-view.js';
import { short } from './answer.js';
import { runRow } from './run-summary.js';
import { runIdInput, type Tool, tool } from './tool.js';

/** Runs that the list of experiments looks at: the newest. */
const MOST_RUNS = 10_000;
const PAGE = 1_000;

const experiment = Type.String({ minLength: 1, maxLength: 500, description: 'id of the experiment' });
const metric = Type.String({ minLength: 1, maxLength: 500, description: 'name of the metric' });
const mode = Type.Optional(Type.Enum(['min', 'max'], { description: 'which end is better; told from the name where left out' }));

const compareRuns = tool({
  name: 'compare_runs',
  title: 'Compare runs',
  description:
    'Two to twenty runs side by side: what differs in params, tags, source and environment, and all metrics with the best run of each. Values are in the order of run_ids.',
  effect: 'read',
  input: { run_ids: Type.Array(runIdInput, { minItems: 2, maxItems: 20 }) },
  async call(view, { run_ids }) {
    const runs = await Promise.all(run_ids.map((runId) => view.run(runId)));
    const { params, sameParams, metrics, tags, source, environment, durations } = await view.xtrack.compareRuns(
      runs.map(({ runId }) => runId),
    );
    const body = {
      runs: runs.map(({ runId, name, status, tags: { [RESERVED_TAGS.name]: renamed } }) => ({
        run_id: runId,
        name: renamed ?? name,
        status,
      })),
      durations_s: durations,
      params: params.map(difference),
      same_params: sameParams,
      metrics: metrics.map(metricRow),
      tags: tags.filter(({ key }) => !isReservedTag(key)).map(difference),
      source: source.map(difference),
      environment: environment.map(difference),
    };
    return { body, rest: 'compare fewer runs, or ask search_runs for the columns that matter' };
  },
});

function difference({ key, values }: Difference): object {
  return { key, values: values.map((value) => value ?? null) };
}

function metricRow({ key, phase, better, values, best }: MetricComparison): object {
  const shown = values.map((value) => value && { last: short(value.last), [better]: short(value[better]) });
  return { key, ...(phase !== '' && { phase }), better, values: shown.map((value) => value ?? null), best };
}

const bestRun = tool({
  name: 'best_run',
  title: 'Best runs',
  description: 'The best runs of an experiment by a metric, best first, each with the best value that the metric had.',
  effect: 'read',
  input: { experiment_id: experiment, metric, mode, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 5 })) },
  async call(view, { experiment_id, metric, mode, limit = 5 }) {
    view.checkExperiment(experiment_id);
    // For its error where no run of it has the metric.
    await view.xtrack.bestRun(experiment_id, metric, mode === undefined ? {} : { mode });
    const ranked = await view.xtrack.leaderboard(experiment_id, metric, { limit, ...(mode !== undefined && { mode }) });
    return { body: { runs: ranked.map(({ run, value }) => ({ value: short(value), ...runRow(run) })) }, rest: 'ask with a lower limit' };
  },
});

const paramSensitivity = tool({
  name: 'param_sensitivity',
  title: 'What a metric hangs on',
  description:
    'How the best value of a metric hangs on each param over the runs of an experiment: importance (0 to 1), rank correlation (-1 to 1), and per value the mean. Most important first. It tells what goes together, not what causes what.',
  effect: 'read',
  input: { experiment_id: experiment, metric, mode },
  async call(view, { experiment_id, metric, mode }) {
    view.checkExperiment(experiment_id);
    const found = await view.xtrack.paramSensitivity(experiment_id, metric, mode === undefined ? {} : { mode });
    const params = found.map(({ key, runs, distinct, correlation, importance, values }) => ({
      key,
      runs,
      distinct,
      correlation: correlation === null ? null : short(correlation),
      importance: importance === null ? null : short(importance),
      values: values.map(({ value, runs: count, mean, min, max }) => ({
        value,
        runs: count,
        mean: short(mean),
        min: short(min),
        max: short(max),
      })),
    }));
    return { body: { params }, rest: 'the least important params are left out; search_runs with columns gives their values' };
  },
});

const listExperiments = tool({
  name: 'list_experiments',
  title: 'List experiments',
  description: `The experiments with the number of their runs, how many are live, and when the last one started; over the newest ${MOST_RUNS} runs.`,
  effect: 'read',
  input: {},
  async call(view) {
    const experiments = new Map<string | null, Counted>();
    for await (const run of everyRun(view)) count(experiments, run);
    const rows = [...experiments].map(([experimentId, counted]) => ({ experiment_id: experimentId, ...counted }));
    rows.sort((a, b) => (a.last_started_at < b.last_started_at ? 1 : -1));
    return { body: { experiments: rows }, rest: 'the oldest experiments are left out; search_runs finds their runs' };
  },
});

interface Counted {
  runs: number;
  live: number;
  last_started_at: string;
}

async function* everyRun(view: AgentView): AsyncGenerator<Run> {
  let cursor: string | null = null;
  for (let seen = 0; seen < MOST_RUNS; seen += PAGE) {
    const page: SearchResult = await view.search('', { limit: PAGE, cursor });
    yield* page.runs;
    cursor = page.cursor;
    if (cursor === null) return;
  }
}

function count(experiments: Map<string | null, Counted>, { experimentId, endedAt, startedAt, createdAt }: Run): void {
  const counted = experiments.get(experimentId) ?? { runs: 0, live: 0, last_started_at: '' };
  experiments.set(experimentId, counted);
  counted.runs += 1;
  counted.live += Number(endedAt === null);
  const started = startedAt ?? createdAt;
  if (started > counted.last_started_at) counted.last_started_at = started;
}

export const questionTools: readonly Tool[] = [compareRuns, bestRun, paramSensitivity, listExperiments];
