// How a metric hangs on the params of the runs of an experiment: by value, by correlation, by importance.

import type { Shown } from '../storage/search/query.js';
import { importances, type ParamColumn } from './importance.js';
import { ranksOf } from './ranks.js';

/** Values listed of one param: those of most runs. */
const MOST_VALUES = 20;

/** The runs that share one value of a param. */
export interface ValueSummary {
  readonly value: number | string;
  readonly runs: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Of the sample (n - 1); null for one run alone. */
  readonly deviation: number | null;
}

export interface ParamSensitivity {
  readonly key: string;
  /** Runs that have the param, and the metric. */
  readonly runs: number;
  /** Different values. */
  readonly distinct: number;
  /** Up to 20 values, best mean first. */
  readonly values: readonly ValueSummary[];
  /** Spearman's rank correlation, -1 to 1; null where the param is no number in all of its runs or has one value. */
  readonly correlation: number | null;
  /** Share of what the params together tell, 0 to 1; null where there are fewer than 8 runs. */
  readonly importance: number | null;
}

/** Runs, their metric (finite), and their params: one column a key. Params that are the same in all runs are left out. Most important first. */
export async function sensitivities(
  columns: readonly { readonly key: string; readonly values: ParamColumn }[],
  metric: readonly number[],
  better: 'min' | 'max',
): Promise<ParamSensitivity[]> {
  const statistics = await import('simple-statistics');
  const varying = columns.filter(({ values }) => new Set(values).size > 1);
  const shares = await importances(
    varying.map(({ values }) => values),
    metric,
  );
  const all = varying.map(({ key, values }, at): ParamSensitivity => {
    const present = values.flatMap((value, run) => (value === null ? [] : [{ value, metric: metric[run] as number }]));
    const groups = groupOf(present);
    const summaries = [...groups].map(
      ([value, metrics]): ValueSummary => ({
        value,
        runs: metrics.length,
        mean: statistics.mean(metrics),
        min: Math.min(...metrics),
        max: Math.max(...metrics),
        deviation: metrics.length < 2 ? null : statistics.sampleStandardDeviation(metrics),
      }),
    );
    return {
      key,
      runs: present.length,
      distinct: groups.size,
      values: bestValues(summaries, better),
      correlation: correlationOf(present, statistics.sampleCorrelation),
      importance: shares?.[at] ?? null,
    };
  });
  const strength = ({ importance, correlation }: ParamSensitivity): number => (importance ?? 0) * 10 + Math.abs(correlation ?? 0);
  return all.sort((a, b) => strength(b) - strength(a) || (a.key < b.key ? -1 : 1));
}

interface Present {
  readonly value: number | string;
  readonly metric: number;
}

function groupOf(present: readonly Present[]): Map<number | string, number[]> {
  const groups = new Map<number | string, number[]>();
  for (const { value, metric } of present) {
    const group = groups.get(value) ?? [];
    group.push(metric);
    groups.set(value, group);
  }
  return groups;
}

function bestValues(summaries: readonly ValueSummary[], better: 'min' | 'max'): ValueSummary[] {
  const most = [...summaries].sort((a, b) => b.runs - a.runs).slice(0, MOST_VALUES);
  return most.sort((a, b) => (better === 'min' ? a.mean - b.mean : b.mean - a.mean));
}

function correlationOf(present: readonly Present[], correlation: (a: number[], b: number[]) => number): number | null {
  const numbers = present.map(({ value }: { readonly value: Shown }) => value);
  if (!numbers.every((value): value is number => typeof value === 'number') || new Set(numbers).size < 2) return null;
  const metrics = present.map(({ metric }) => metric);
  return new Set(metrics).size < 2 ? null : correlation(ranksOf(numbers), ranksOf(metrics));
}
