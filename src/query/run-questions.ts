// Questions over many runs: which is best, what differs, what a metric hangs on, what came out of what.

import { XTrackError } from '../protocol/index.js';
import type { SearchQuery, Shown } from '../storage/search/query.js';
import type { Condition, MetricValue, Value } from '../storage/search/tree.js';
import { compare, type RunComparison } from './compare.js';
import { Histories, type HistoryEvent } from './history.js';
import type { ParamColumn } from './importance.js';
import { type Run, toRun } from './run.js';
import { RunReader } from './run-reader.js';
import { betterOf } from './search/direction.js';
import { parseSearch } from './search/parser.js';
import { type ParamSensitivity, sensitivities } from './sensitivity.js';
import { compareGroups, type GroupComparison } from './significance.js';
import { type Visibility, within } from './visibility.js';

const MOST_COMPARED = 100;
/** Runs of an experiment that a question looks at: the newest. */
const MOST_RUNS = 10_000;
/** Keys asked for in one search. */
const KEYS_AT_ONCE = 40;
const MOST_KEYS = 400;
/** Generations above and below, and runs in all. */
const MOST_GENERATIONS = 32;
const MOST_RELATIVES = 1_000;

export interface Ranked {
  readonly run: Run;
  /** The best value that the metric had in the run. */
  readonly value: number;
}

export interface RankOptions {
  /** Which end is better. Default: by the metric's name, `min` for losses and errors, else `max`. */
  readonly mode?: 'min' | 'max';
}

export interface Lineage {
  readonly run: Run;
  readonly children: readonly Lineage[];
}

export class RunQuestions extends RunReader {
  readonly #histories = new Histories(this.reader);

  /** The best runs of an experiment by a metric, best first; runs without a finite value are left out. */
  async leaderboard(experimentId: string, metric: string, options: RankOptions & { readonly limit?: number } = {}): Promise<Ranked[]> {
    const mode = options.mode ?? betterOf(metric);
    const value = metricOf(metric, mode);
    const { runs, values } = await this.reader.search({
      where: { kind: 'and', all: [inExperiment(experimentId), has(value)] },
      orderBy: [{ by: value, descending: mode === 'max' }],
      select: [value],
      limit: options.limit ?? 10,
    });
    return runs.map((run, at) => ({ run: toRun(run), value: values[at]?.[0] as number }));
  }

  /** The best run of an experiment by a metric. Errors: XT_METRIC_NOT_FOUND where no run of it has the metric. */
  async bestRun(experimentId: string, metric: string, options: RankOptions = {}): Promise<Ranked> {
    const [best] = await this.leaderboard(experimentId, metric, { ...options, limit: 1 });
    if (best === undefined)
      throw new XTrackError('XT_METRIC_NOT_FOUND', {
        detail: `no run of experiment '${experimentId}' has the metric '${metric}'`,
        field: 'metric',
      });
    return best;
  }

  /** 2 to 100 runs side by side: what differs in params, tags, source and environment, and all metrics. Errors: XT_RUN_NOT_FOUND, XT_ARGUMENT. */
  async compareRuns(runIds: readonly string[]): Promise<RunComparison> {
    if (runIds.length < 2 || runIds.length > MOST_COMPARED)
      throw new XTrackError('XT_ARGUMENT', { detail: `2 to ${MOST_COMPARED} runs can be compared, not ${runIds.length}`, field: 'runIds' });
    const load = async (runId: string) => {
      const run = await this.getRun(runId);
      return { run, params: await this.getParams(run), series: await this.listSeries(run) };
    };
    return compare(await Promise.all(runIds.map(load)));
  }

  /**
   * How the best value of a metric hangs on the params, over the runs of an experiment: per value, rank correlation, permutation importance
   * (k nearest neighbours). Most important first. Errors: XT_METRIC_NOT_FOUND.
   */
  async paramSensitivity(experimentId: string, metric: string, options: RankOptions = {}): Promise<ParamSensitivity[]> {
    const mode = options.mode ?? betterOf(metric);
    const value = metricOf(metric, mode);
    const where: Condition = { kind: 'and', all: [inExperiment(experimentId), has(value)] };
    const keys = (await this.reader.listKeys([experimentId])).params.slice(0, MOST_KEYS);
    const rows = new Map((await this.#all(where, [value])).map(([runId, values]) => [runId, values[0] as number]));
    const finite = [...rows].filter(([, one]) => Number.isFinite(one));
    if (finite.length === 0)
      throw new XTrackError('XT_METRIC_NOT_FOUND', {
        detail: `no run of experiment '${experimentId}' has the metric '${metric}'`,
        field: 'metric',
      });
    const columns: { key: string; values: ParamColumn }[] = [];
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      const part = keys.slice(from, from + KEYS_AT_ONCE);
      const found = new Map(
        await this.#all(
          where,
          part.map((key): Value => ({ kind: 'param', key })),
        ),
      );
      for (const [at, key] of part.entries()) columns.push({ key, values: finite.map(([runId]) => found.get(runId)?.[at] ?? null) });
    }
    return await sensitivities(
      columns,
      finite.map(([, one]) => one),
      mode,
    );
  }

  /**
   * Whether two groups of runs, each found by a search, differ in the best value of a metric: Welch's t-test and a bootstrap interval.
   * Errors: XT_SEARCH, XT_ARGUMENT where a group has fewer than two runs with a finite value.
   */
  async compareGroups(groupA: string, groupB: string, metric: string, options: RankOptions & Visibility = {}): Promise<GroupComparison> {
    const value = metricOf(metric, options.mode ?? betterOf(metric));
    const valuesOf = async (text: string): Promise<number[]> => {
      const where = within(parseSearch(text).where, options);
      const all = where === null ? has(value) : ({ kind: 'and', all: [where, has(value)] } as const);
      return (await this.#all(all, [value])).map(([, values]) => values[0] as number);
    };
    return await compareGroups(await valuesOf(groupA), await valuesOf(groupB));
  }

  /** The whole family of a run, from its oldest ancestor down: forks, resumed runs, trials. At most 1,000 runs. Errors: XT_RUN_NOT_FOUND. */
  async getLineage(run: Run | string): Promise<Lineage> {
    let root = toRun(await this.record(run));
    const seen = new Set([root.runId]);
    for (let up = 0; up < MOST_GENERATIONS && root.parentRunId !== null && !seen.has(root.parentRunId); up++) {
      const parent = await this.reader.getRun(root.parentRunId);
      if (parent === undefined) break;
      root = toRun(parent);
      seen.add(root.runId);
    }
    return await this.#descend(root, new Set([root.runId]), MOST_GENERATIONS);
  }

  /**
   * What happened to a run as a whole, in the order stored: starts and ends of its workers, changes of status, gaps that they declared;
   * the newest 5,000. Errors: XT_RUN_NOT_FOUND.
   */
  async getHistory(run: Run | string): Promise<readonly HistoryEvent[]> {
    return await this.#histories.of(await this.record(run));
  }

  async #descend(run: Run, seen: Set<string>, generations: number): Promise<Lineage> {
    const left = MOST_RELATIVES - seen.size;
    const found = generations === 0 || left <= 0 ? [] : await this.reader.findRuns({ parentRunId: run.runId, limit: left });
    // A cycle is nobody's family.
    const children = found.filter((child) => !seen.has(child.runId)).reverse();
    for (const child of children) seen.add(child.runId);
    const lines: Lineage[] = [];
    for (const child of children) lines.push(await this.#descend(toRun(child), seen, generations - 1));
    return { run, children: lines };
  }

  async #all(where: Condition, select: readonly Value[]): Promise<[string, readonly Shown[]][]> {
    const query: SearchQuery = { where, orderBy: [], select, limit: MOST_RUNS };
    const { runs, values } = await this.reader.search(query);
    return runs.map((run, at) => [run.runId, values[at] ?? []]);
  }
}

function metricOf(key: string, stat: 'min' | 'max'): MetricValue {
  return { kind: 'metric', key, phase: '', stat };
}

function inExperiment(experimentId: string): Condition {
  return { kind: 'compare', operator: '=', left: { kind: 'field', field: 'experiment' }, right: { kind: 'text', value: experimentId } };
}

function has(value: Value): Condition {
  return { kind: 'not', of: { kind: 'null', of: value } };
}
