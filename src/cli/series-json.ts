// The stable JSON of metric points: what `metrics --json` prints, one object a point or a bucket.

import type { SeriesData } from '../index.js';

/** Rows of one series, in order. Absent step, epoch and phase are null; NaN and the infinities become strings in JSON. */
export function seriesRows(series: SeriesData): Iterable<object> {
  return series.kind === 'points' ? pointRows(series) : bucketRows(series);
}

type Of<Kind extends SeriesData['kind']> = Extract<SeriesData, { kind: Kind }>;

function* pointRows(series: Of<'points'>): Generator<object> {
  const { worker } = series;
  const phase = series.phase || null;
  for (let at = 0; at < series.value.length; at += 1) {
    yield {
      step: orNull(series.step[at]),
      epoch: orNull(series.epoch[at]),
      ts: series.ts[at],
      value: series.value[at],
      worker,
      phase,
    };
  }
}

/** `count` points from firstStep to lastStep; min, max and mean over the finite ones. */
function* bucketRows(series: Of<'buckets'>): Generator<object> {
  const { worker } = series;
  const phase = series.phase || null;
  for (let at = 0; at < series.count.length; at += 1) {
    yield {
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
      worker,
      phase,
    };
  }
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
