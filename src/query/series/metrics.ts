// A metric of one run as a chart wants it: along any axis, worker by worker or all workers in one.

import type { RunRecord, SeriesAxis, SeriesData, SeriesQuery, StoreReader } from '../../storage/store.js';
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

/** The series of a metric; `x` is on the axis asked for. */
export async function readMetrics(reader: StoreReader, run: RunRecord, key: string, options: MetricOptions): Promise<SeriesData[]> {
  const { by, range, ...rest } = options;
  const query = { ...rest, runId: run.runId, key };
  if (by !== 'relative') return await reader.readSeries({ ...query, ...(by && { by }), ...(range && { range }) });
  const origin = run.startedAt ?? run.createdAt;
  const found = await reader.readSeries({ ...query, by: 'time', ...(range && { range: toTimes(range, origin) }) });
  return found.map((series) => ({ ...series, x: series.x.map((micros) => (micros - origin) / MICROS) }));
}

/** All workers' points of a metric merged where they are equal on the axis (default: steps). */
export async function readAggregated(
  reader: StoreReader,
  run: RunRecord,
  key: string,
  { aggregate, ...options }: MetricOptions & { readonly aggregate: Aggregate },
): Promise<AggregatedSeries[]> {
  return aggregateSeries(await readMetrics(reader, run, key, { by: 'step', ...options }), aggregate);
}

function toTimes({ from, to }: NonNullable<SeriesQuery['range']>, origin: number): NonNullable<SeriesQuery['range']> {
  const toMicros = (seconds: number): number => origin + seconds * MICROS;
  return { ...(from !== undefined && { from: toMicros(from) }), ...(to !== undefined && { to: toMicros(to) }) };
}
