// From summaries to the buckets of a chart: runs of consecutive points, in which no extreme is lost.

import type { SeriesData, SeriesId } from './store.js';
import {
  COUNT,
  FIELDS,
  FINITE,
  FIRST,
  FIRST_STEP,
  FIRST_TS,
  LAST,
  LAST_STEP,
  LAST_TS,
  MAX,
  MIN,
  SUM,
  type SummaryList,
} from './summary.js';

type Buckets = Extract<SeriesData, { kind: 'buckets' }>;

/** Points a bucket must hold so that `total` points make at most `maxPoints` buckets. */
export function bucketSize(total: number, maxPoints: number): number {
  return Math.max(1, Math.ceil(total / maxPoints));
}

/** Joins consecutive summaries until each bucket holds at least `size` points (the last may hold fewer). */
export function joinBuckets(id: SeriesId, units: SummaryList, size: number, total: number): Buckets {
  const out = allocate(id, units.length, total);
  let bucket = -1;
  for (let unit = 0; unit < units.length; unit++) {
    const start = unit * FIELDS;
    if (bucket >= 0 && (out.count[bucket] as number) < size) extend(out, bucket, units.data, start);
    else {
      bucket += 1;
      open(out, bucket, units.data, start);
    }
  }
  return finish(out, bucket + 1);
}

function allocate(id: SeriesId, capacity: number, total: number): Buckets {
  const column = (): Float64Array => new Float64Array(capacity);
  return {
    ...id,
    kind: 'buckets',
    total,
    count: column(),
    firstStep: column(),
    lastStep: column(),
    firstTs: column(),
    lastTs: column(),
    first: column(),
    last: column(),
    min: column(),
    max: column(),
    mean: column(),
    nonFinite: column(),
  };
}

function open(out: Buckets, bucket: number, data: Float64Array, start: number): void {
  const finite = data[start + FINITE] as number;
  out.count[bucket] = data[start + COUNT] as number;
  out.nonFinite[bucket] = (data[start + COUNT] as number) - finite;
  out.firstStep[bucket] = data[start + FIRST_STEP] as number;
  out.lastStep[bucket] = data[start + LAST_STEP] as number;
  out.firstTs[bucket] = data[start + FIRST_TS] as number;
  out.lastTs[bucket] = data[start + LAST_TS] as number;
  out.first[bucket] = data[start + FIRST] as number;
  out.last[bucket] = data[start + LAST] as number;
  out.min[bucket] = data[start + MIN] as number;
  out.max[bucket] = data[start + MAX] as number;
  // Holds the sum until finish().
  out.mean[bucket] = data[start + SUM] as number;
}

function extend(out: Buckets, bucket: number, data: Float64Array, start: number): void {
  const count = data[start + COUNT] as number;
  const finite = data[start + FINITE] as number;
  out.count[bucket] = (out.count[bucket] as number) + count;
  out.nonFinite[bucket] = (out.nonFinite[bucket] as number) + count - finite;
  out.lastStep[bucket] = data[start + LAST_STEP] as number;
  out.lastTs[bucket] = data[start + LAST_TS] as number;
  out.last[bucket] = data[start + LAST] as number;
  if (finite === 0) return;
  const min = data[start + MIN] as number;
  const max = data[start + MAX] as number;
  // Written so that a NaN bound (no finite value so far) is replaced.
  if (!((out.min[bucket] as number) <= min)) out.min[bucket] = min;
  if (!((out.max[bucket] as number) >= max)) out.max[bucket] = max;
  out.mean[bucket] = (out.mean[bucket] as number) + (data[start + SUM] as number);
}

function finish(out: Buckets, length: number): Buckets {
  for (let bucket = 0; bucket < length; bucket++) {
    const finite = (out.count[bucket] as number) - (out.nonFinite[bucket] as number);
    const mean = (out.mean[bucket] as number) / finite;
    const min = out.min[bucket] as number;
    const max = out.max[bucket] as number;
    // Rounding, or a sum beyond the doubles, must not put the mean outside its own bucket.
    out.mean[bucket] = finite === 0 ? Number.NaN : Math.min(Math.max(mean, min), max);
  }
  const cut = (column: Float64Array): Float64Array => (column.length === length ? column : column.slice(0, length));
  return {
    ...out,
    count: cut(out.count),
    firstStep: cut(out.firstStep),
    lastStep: cut(out.lastStep),
    firstTs: cut(out.firstTs),
    lastTs: cut(out.lastTs),
    first: cut(out.first),
    last: cut(out.last),
    min: cut(out.min),
    max: cut(out.max),
    mean: cut(out.mean),
    nonFinite: cut(out.nonFinite),
  };
}
