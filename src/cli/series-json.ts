// The stable JSON of metric points: what `metrics --json` prints, one object a point or a bucket.

import type { AggregatedSeries, SeriesData } from '../index.js';

/**
 * Rows of one series, in order. Absent step, epoch and phase are null; NaN and the infinities become strings in JSON. `placed`: with
 * the place on the axis that was asked for.
 */
export function* seriesRows(series: SeriesData | AggregatedSeries, placed: boolean): Generator<object> {
  const more = series.superseded ? { superseded: true, ...(series.kind !== 'aggregated' && { incarnation: series.incarnation }) } : {};
  const length = series.x.length;
  for (let at = 0; at < length; at += 1) {
    yield { ...(placed && { x: series.x[at] }), ...rowOf(series, at), phase: series.phase || null, ...more };
  }
}

function rowOf(series: SeriesData | AggregatedSeries, at: number): object {
  if (series.kind === 'points') return pointRow(series, at);
  return series.kind === 'buckets' ? bucketRow(series, at) : aggregatedRow(series, at);
}

type Of<Kind extends SeriesData['kind']> = Extract<SeriesData, { kind: Kind }>;

function pointRow({ step, epoch, ts, value, worker }: Of<'points'>, at: number): object {
  return { step: orNull(step[at]), epoch: orNull(epoch[at]), ts: ts[at], value: value[at], worker };
}

/** `count` points from firstStep to lastStep; min, max and mean over the finite ones. */
function bucketRow(series: Of<'buckets'>, at: number): object {
  return {
    firstStep: orNull(series.firstStep[at]),
    lastStep: orNull(series.lastStep[at]),
    firstTs: series.firstTs[at],
    lastTs: series.lastTs[at],
    count: series.count[at],
    first: series.first[at],
    last: series.last[at],
    min: orNull(series.min[at]),
    max: orNull(series.max[at]),
    mean: orNull(series.mean[at]),
    nonFinite: series.nonFinite[at],
    worker: series.worker,
  };
}

function aggregatedRow(series: AggregatedSeries, at: number): object {
  return {
    firstStep: orNull(series.firstStep[at]),
    lastStep: orNull(series.lastStep[at]),
    firstTs: orNull(series.firstTs[at]),
    lastTs: orNull(series.lastTs[at]),
    count: series.count[at],
    value: orNull(series.value[at]),
    min: orNull(series.min[at]),
    max: orNull(series.max[at]),
    nonFinite: series.nonFinite[at],
    workers: series.present[at],
  };
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
