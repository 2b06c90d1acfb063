// Every point of a run, page by page: memory stays bounded however many there are.

import type { PointPage, SeriesId, SeriesSummary, StoreReader } from '../../storage/store.js';

export interface StreamMetricsOptions {
  /** Only these metrics. */
  readonly keys?: readonly string[];
  readonly worker?: string;
  readonly phase?: SeriesId['phase'];
}

/** Consecutive points of one incarnation of a series, as columns. Missing step or epoch: NaN. */
export type MetricPage = SeriesId & PointPage;

/** Series after series (by key, phase, worker), each in the order logged, superseded points included. */
export async function* streamPages(reader: StoreReader, runId: string, options: StreamMetricsOptions): AsyncGenerator<MetricPage> {
  for (const summary of await reader.listSeries(runId)) {
    if (!isWanted(summary, options)) continue;
    const { worker, key, phase, aggregation } = summary;
    const series: SeriesId = { runId, worker, key, phase, aggregation };
    for await (const page of reader.readPoints(series)) yield { ...series, ...page };
  }
}

function isWanted(series: SeriesSummary, { keys, worker, phase }: StreamMetricsOptions): boolean {
  if (keys !== undefined && !keys.includes(series.key)) return false;
  return series.worker === (worker ?? series.worker) && series.phase === (phase ?? series.phase);
}
