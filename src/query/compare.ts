// Runs side by side: only what differs, for that is what explains a result.

import type { JsonValue } from '../protocol/index.js';
import { type MetricFact, mergeSeries } from '../storage/search/metric-facts.js';
import type { SeriesSummary } from '../storage/store.js';
import { durationOf, type Run } from './run.js';
import { betterOf } from './search/direction.js';

/** All that is known of one run for a comparison. */
export interface ComparedRun {
  readonly run: Run;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly series: readonly SeriesSummary[];
}

/** One thing in which the runs differ, with its value in each of them; undefined: the run has none. */
export interface Difference {
  readonly key: string;
  readonly values: readonly (JsonValue | undefined)[];
}

export interface MetricComparison {
  readonly key: string;
  readonly phase: string;
  /** Which end is better, as far as the name tells. */
  readonly better: 'min' | 'max';
  /** Over all workers; undefined: the run has no such metric. */
  readonly values: readonly (Pick<MetricFact, 'last' | 'min' | 'max' | 'count'> | undefined)[];
  /** Index of the run with the best value; null where none has one, or several share it. */
  readonly best: number | null;
}

export interface RunComparison {
  readonly runs: readonly Run[];
  /** Params that differ; how many are the same in all. */
  readonly params: readonly Difference[];
  readonly sameParams: number;
  readonly metrics: readonly MetricComparison[];
  readonly tags: readonly Difference[];
  /** Commit, branch, entrypoint … where they differ. `git diff A B` of two commits shows the rest. */
  readonly source: readonly Difference[];
  /** Versions of packages (`packages.torch`), Python, machine … where they differ. */
  readonly environment: readonly Difference[];
  /** Seconds; null while a run goes on. */
  readonly durations: readonly (number | null)[];
}

export function compare(compared: readonly ComparedRun[]): RunComparison {
  const runs = compared.map(({ run }) => run);
  const params = compared.map((one) => one.params);
  const differing = differences(params);
  return {
    runs,
    params: differing,
    sameParams: new Set(params.flatMap((one) => Object.keys(one))).size - differing.length,
    metrics: compareMetrics(compared.map(({ series }) => series)),
    tags: differences(runs.map(({ tags }) => tags)),
    source: differences(runs.map(({ source }) => fields(source))),
    environment: differences(runs.map(({ environment }) => fields(environment))),
    durations: runs.map((run) => {
      const ms = durationOf(run);
      return ms === null ? null : ms / 1_000;
    }),
  };
}

function differences(records: readonly Readonly<Record<string, JsonValue>>[]): Difference[] {
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))].sort();
  const all = keys.map((key) => ({ key, values: records.map((record) => (Object.hasOwn(record, key) ? record[key] : undefined)) }));
  return all.filter(({ values }) => new Set(values.map(identity)).size > 1);
}

/** Equal values have the same, whatever the order of an object's keys. */
function identity(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return `number ${value}`;
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** The fields of a record in which others lie one level deeper: `packages.torch`. */
function fields(record: object | null): Record<string, JsonValue> {
  const flat = Object.entries((record ?? {}) as Record<string, JsonValue>).flatMap(([key, value]): [string, JsonValue][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([inner, one]) => [`${key}.${inner}`, one])
      : [[key, value]],
  );
  return Object.fromEntries(flat);
}

function compareMetrics(series: readonly (readonly SeriesSummary[])[]): MetricComparison[] {
  const names = new Map(series.flat().map(({ key, phase }) => [JSON.stringify([key, phase]), { key, phase }]));
  const sorted = [...names.values()].sort((a, b) => (a.key === b.key ? (a.phase < b.phase ? -1 : 1) : a.key < b.key ? -1 : 1));
  return sorted.map(({ key, phase }) => {
    const values = series.map((all) => {
      const own = all.filter((one) => one.key === key && one.phase === phase);
      if (own.length === 0) return undefined;
      const { last, min, max, count } = mergeSeries(key, phase === '' ? '*' : phase, own);
      return { last, min, max, count };
    });
    const better = betterOf(key);
    return {
      key,
      phase,
      better,
      values,
      best: bestOf(
        values.map((value) => value?.[better] ?? Number.NaN),
        better,
      ),
    };
  });
}

function bestOf(values: readonly number[], better: 'min' | 'max'): number | null {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length < 2) return null;
  const best = better === 'min' ? Math.min(...known) : Math.max(...known);
  return known.filter((value) => value === best).length === 1 ? values.indexOf(best) : null;
}
