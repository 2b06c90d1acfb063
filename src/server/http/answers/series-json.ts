// Series as the API writes them: columns of numbers, text made column by column.

import type { AggregatedSeries } from '../../../query/series/aggregate.js';
import type { SeriesData, SeriesSummary } from '../../../storage/store.js';
import { columnText, jsonText } from './answer.js';

const COLUMNS = {
  points: ['x', 'step', 'epoch', 'ts', 'value'],
  buckets: ['x', 'count', 'min', 'max', 'mean', 'first', 'last', 'firstStep', 'lastStep', 'firstTs', 'lastTs', 'nonFinite'],
  aggregated: ['x', 'value', 'min', 'max', 'count', 'present', 'nonFinite', 'firstStep', 'lastStep', 'firstTs', 'lastTs'],
} as const;

function seriesText(series: SeriesData | AggregatedSeries): string {
  const { kind, runId, key, phase, aggregation, superseded, total } = series;
  const merged = kind === 'aggregated';
  const head = {
    runId,
    key,
    phase,
    worker: merged ? null : series.worker,
    aggregation,
    superseded,
    incarnation: merged ? null : series.incarnation,
    kind,
    total,
    ...(merged && { aggregate: series.aggregate, workers: series.workers, workerLastTs: series.workerLastTs }),
  };
  const columns = COLUMNS[kind].map(
    (name) => `"${name}":${columnText((series as unknown as Record<string, Float64Array>)[name] as Float64Array)}`,
  );
  return `${jsonText(head).slice(0, -1)},${columns.join(',')}}`;
}

export function listText(series: readonly (SeriesData | AggregatedSeries)[]): string {
  return `[${series.map(seriesText).join(',')}]`;
}

/** What is known of a series without its points. */
export function toSummary({ key, phase, worker, aggregation, count, min, max, first, last }: SeriesSummary): Omit<SeriesSummary, 'runId'> {
  return { key, phase, worker, aggregation, count, min, max, first, last };
}
