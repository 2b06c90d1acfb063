// Tools that read: which runs there are, and what one of them logged.

import Type from 'typebox';
import { short } from './answer.js';
import { metricRow, runRow, runSummary } from './run-summary.js';
import { runIdInput, type Tool, tool } from './tool.js';

/** Rows of a page. */
const PAGE = 50;
const MOST_ROWS = 200;
/** Of a log line. */
const MOST_MESSAGE = 2_000;

const limit = (most: number, usual: number) => Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: usual }));
const offset = Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'so many are skipped' }));

const SYNTAX = `Search language: metrics.val_loss < 0.3 and params.lr >= 1e-3 and status = 'completed' order by metrics.val_loss.
Fields: id name status experiment parent created started ended duration params.KEY tags.KEY metrics.KEY[@train|val|test]; functions of a metric: last min max first count best;
tests: = != < <= > >= like ilike in between is null is nan and or not; times: '2026-01-31' or 7d (seven days ago). Words alone are looked for in names and ids. Empty: all, newest first.`;

const searchRuns = tool({
  name: 'search_runs',
  title: 'Search runs',
  description: `Find runs by params, metrics, tags, status and times. ${SYNTAX}`,
  effect: 'read',
  input: {
    query: Type.Optional(Type.String({ maxLength: 4_000 })),
    columns: Type.Optional(
      Type.Array(Type.String({ maxLength: 400 }), { maxItems: 20, description: 'values wanted of each run: params.lr, min(metrics.loss)' }),
    ),
    limit: limit(MOST_ROWS, 20),
    cursor: Type.Optional(Type.String({ maxLength: 4_000, description: 'of the page before' })),
  },
  async call(view, { query = '', columns = [], limit = 20, cursor }) {
    const page = await view.search(query, { columns, limit, ...(cursor !== undefined && { cursor }) });
    const values = (at: number): Map<string, unknown> =>
      new Map(columns.map((column, index) => [column, page.values[at]?.[index] ?? null]));
    const runs = page.runs.map((run, at) => ({ ...runRow(run), ...(columns.length > 0 && { values: values(at) }) }));
    return { body: { runs, cursor: page.cursor }, rest: 'ask with a lower limit, then with cursor for the next page' };
  },
});

const getRun = tool({
  name: 'get_run',
  title: 'Describe a run',
  description:
    'Everything about one run but its points and logs: status, params, metrics with extremes, failure, knobs, changes, source, environment.',
  effect: 'read',
  input: { run_id: runIdInput },
  async call(view, { run_id }) {
    const run = await view.run(run_id);
    return {
      body: await runSummary(view, run),
      rest: 'list_metrics pages through the metrics, search_runs with columns gives single params',
    };
  },
});

const listMetrics = tool({
  name: 'list_metrics',
  title: 'List metrics',
  description: 'The metrics of a run, each with count, first and last value and extremes. System metrics begin with system/.',
  effect: 'read',
  input: {
    run_id: runIdInput,
    contains: Type.Optional(Type.String({ maxLength: 200, description: 'only keys with this text in them' })),
    limit: limit(MOST_ROWS, PAGE),
    offset,
  },
  async call(view, { run_id, contains = '', limit = PAGE, offset = 0 }) {
    const { runId } = await view.run(run_id);
    const all = (await view.xtrack.listSeries(runId)).filter(({ key }) => key.includes(contains));
    const metrics = all.slice(offset, offset + limit).map(metricRow);
    return { body: { run_id: runId, metrics, total: all.length }, rest: 'page with offset and a lower limit, or narrow with contains' };
  },
});

const getLogs = tool({
  name: 'get_logs',
  title: 'Read logs',
  description: 'Log lines of a run, captured stdout and stderr among them; the newest unless told otherwise, always oldest first.',
  effect: 'read',
  input: {
    run_id: runIdInput,
    text: Type.Optional(Type.String({ maxLength: 200, description: 'only lines with this text, case ignored' })),
    levels: Type.Optional(Type.Array(Type.Enum(['debug', 'info', 'warning', 'error']), { maxItems: 4 })),
    from: Type.Optional(Type.Enum(['newest', 'oldest'], { default: 'newest' })),
    limit: limit(MOST_ROWS, PAGE),
    offset,
  },
  async call(view, { run_id, text, levels, from = 'newest', limit = PAGE, offset = 0 }) {
    const { runId } = await view.run(run_id);
    const entries = await view.xtrack.getLogs(runId, {
      limit,
      offset,
      newest: from === 'newest',
      ...(text !== undefined && { text }),
      ...(levels !== undefined && { levels }),
    });
    const lines = entries.map(({ ts, level, logger, worker, step, message }) => ({
      at: new Date(ts / 1_000).toISOString(),
      level,
      ...(logger !== undefined && { logger }),
      ...(worker !== '' && { worker }),
      ...(step !== undefined && { step }),
      message: message.slice(0, MOST_MESSAGE),
    }));
    return {
      body: { run_id: runId, lines },
      rest: `page with offset (counted from the ${from} line) and a lower limit, or narrow with text or levels`,
    };
  },
});

const listCheckpoints = tool({
  name: 'list_checkpoints',
  title: 'List checkpoints',
  description: 'The checkpoints of a run with step, path, metrics and which is best; the newest first.',
  effect: 'read',
  input: { run_id: runIdInput, limit: limit(MOST_ROWS, PAGE), offset },
  async call(view, { run_id, limit = PAGE, offset = 0 }) {
    const { runId } = await view.run(run_id);
    const all = (await view.xtrack.getCheckpoints(runId)).toReversed();
    const checkpoints = all.slice(offset, offset + limit).map(({ step, epoch, path, metrics, isBest, bestKey, ts }) => ({
      step,
      epoch,
      path,
      metrics: metrics && Object.fromEntries(Object.entries(metrics).map(([key, value]) => [key, short(value)])),
      is_best: isBest ?? false,
      best_key: bestKey,
      at: new Date(ts / 1_000).toISOString(),
    }));
    return { body: { run_id: runId, checkpoints, total: all.length }, rest: 'page with offset and a lower limit' };
  },
});

export const runTools: readonly Tool[] = [searchRuns, getRun, listMetrics, getLogs, listCheckpoints];
