// Points of a whole series, already in order, as what readSeries returns.

import { bucketSize, joinBuckets } from './buckets.js';
import type { StepRange } from './filters.js';
import type { PointList } from './point-list.js';
import type { SeriesData, SeriesId } from './store.js';
import { SummaryList } from './summary.js';

/** The points within the range; itself where there is none. Points without a step lie in no range. */
export function withinRange(points: PointList, range: StepRange | undefined, into: PointList): PointList {
  if (range === undefined) return points;
  for (let at = 0; at < points.length; at++) {
    const step = points.step[at] as number;
    if (step >= range.from && step <= range.to) into.pushFrom(points, at);
  }
  return into;
}

/** The points themselves. */
function pointsOf(id: SeriesId, points: PointList): SeriesData {
  const total = points.length;
  const cut = (column: Float64Array): Float64Array => (column.length === total ? column : column.slice(0, total));
  return {
    ...id,
    kind: 'points',
    total,
    seq: cut(points.seq),
    step: cut(points.step),
    epoch: cut(points.epoch),
    ts: cut(points.ts),
    value: cut(points.value),
  };
}

/** The points, or buckets of equal size where they are more than `maxPoints`. */
export function readPoints(id: SeriesId, points: PointList, maxPoints: number | undefined): SeriesData {
  const total = points.length;
  if (maxPoints === undefined || total <= maxPoints) return pointsOf(id, points);
  const size = bucketSize(total, maxPoints);
  const units = new SummaryList(Math.ceil(total / size));
  for (let from = 0; from < total; from += size) units.appendPoints(points, from, Math.min(from + size, total));
  return joinBuckets(id, units, size, total);
}
