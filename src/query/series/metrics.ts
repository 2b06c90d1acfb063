// A metric of one run as a chart wants it: along any axis, worker by worker or all workers in one.

import type { RunRecord, SeriesAxis, SeriesData, SeriesQuery } from '../../storage/store.js';
import { type Aggregate, type AggregatedSeries, aggregateSeries } from './aggregate.js';

const MICROS = 1_000_000;

/** `time`: µs since the epoch, on the worker's clock. `relative`: seconds since the run's first event. */
export type MetricAxis = SeriesAxis | 'relative';

export interface MetricOptions extends Omit<SeriesQuery, 'runId' | 'key' | 'by'> {
  /**
   * Lay the points out along this axis: buckets are cut at equal distances, at the same places for every series, and `range` is of
   * it. Without it, buckets hold equally many points each and `range` is of steps.
   */
  readonly by?: MetricAxis;
}

/** A metric of a run, and how it is wanted. */
export interface MetricQuestion extends MetricOptions {
  /** All workers' points merged where they are equal on the axis (default: steps). */
  readonly aggregate?: Aggregate;
}

/** A question as the store is asked it, and what becomes of the store's answer. */
export interface AskedMetric {
  readonly query: SeriesQuery;
  /** `x` is on the axis asked for. */
  finish(found: SeriesData[]): SeriesData[] | AggregatedSeries[];
}

export function askedMetric(run: RunRecord, key: string, { aggregate, ...options }: MetricQuestion): AskedMetric {
  const { by = aggregate && 'step', range, ...rest } = options;
  const merged = (found: SeriesData[]): SeriesData[] | AggregatedSeries[] =>
    aggregate === undefined ? found : aggregateSeries(found, aggregate);
  const query = { ...rest, runId: run.runId, key };
  if (by !== 'relative') return { query: { ...query, ...(by && { by }), ...(range && { range }) }, finish: merged };
  const origin = run.startedAt ?? run.createdAt;
  return {
    query: { ...query, by: 'time', ...(range && { range: toTimes(range, origin) }) },
    finish: (found) => merged(found.map((series) => ({ ...series, x: series.x.map((micros) => (micros - origin) / MICROS) }))),
  };
}

function toTimes({ from, to }: NonNullable<SeriesQuery['range']>, origin: number): NonNullable<SeriesQuery['range']> {
  const toMicros = (seconds: number): number => origin + seconds * MICROS;
  return { ...(from !== undefined && { from: toMicros(from) }), ...(to !== undefined && { to: toMicros(to) }) };
}
