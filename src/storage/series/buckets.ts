// From summaries to the buckets of a chart: runs of consecutive points, in which no extreme is lost.

import type { PlacedUnits } from './grid.js';
import type { SeriesData, SeriesId, SeriesShare } from './series.js';
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

/** What the buckets are of. */
export interface BucketsOf extends SeriesShare {
  readonly id: SeriesId;
  /** Points behind all of them. */
  readonly total: number;
}

/** Points a bucket must hold so that `total` points make at most `maxPoints` buckets. */
export function bucketSize(total: number, maxPoints: number): number {
  return Math.max(1, Math.ceil(total / maxPoints));
}

/** Joins consecutive summaries until each bucket holds at least `size` points (the last may hold fewer). */
export function joinBuckets(of: BucketsOf, units: SummaryList, size: number): SeriesData {
  const out = allocate(of, units.length);
  let bucket = -1;
  for (let unit = 0; unit < units.length; unit++) {
    const start = unit * FIELDS;
    if (bucket >= 0 && (out.count[bucket] as number) < size) extend(out, bucket, units.data, start);
    else {
      bucket += 1;
      open(out, bucket, units.data, start);
      out.x[bucket] = units.data[start + FIRST_STEP] as number;
    }
  }
  return withMeans({ ...out, ...columns((name) => out[name].slice(0, bucket + 1)) });
}

/** One bucket for each stretch of the grid that has points, along the axis. */
export function placeBuckets(of: BucketsOf, { units, grid, stretches }: PlacedUnits): SeriesData {
  const out = allocate(of, grid.count);
  for (let unit = 0; unit < units.length; unit++) {
    const stretch = stretches[unit] as number;
    if (out.count[stretch] === 0) open(out, stretch, units.data, unit * FIELDS);
    else extend(out, stretch, units.data, unit * FIELDS);
    out.x[stretch] = grid.from + stretch * grid.width;
  }
  const filled = Uint32Array.from(out.count.keys()).filter((at) => out.count[at] !== 0);
  return withMeans({ ...out, ...columns((name) => picked(out[name], filled)) });
}

function allocate({ id, total, superseded, incarnation }: BucketsOf, capacity: number): Buckets {
  return { ...id, superseded, incarnation, kind: 'buckets', total, ...columns(() => new Float64Array(capacity)) };
}

type ColumnName = { [Name in keyof Buckets]: Buckets[Name] extends Float64Array ? Name : never }[keyof Buckets];

function columns(make: (name: ColumnName) => Float64Array): Pick<Buckets, ColumnName> {
  return {
    x: make('x'),
    count: make('count'),
    firstStep: make('firstStep'),
    lastStep: make('lastStep'),
    firstTs: make('firstTs'),
    lastTs: make('lastTs'),
    first: make('first'),
    last: make('last'),
    min: make('min'),
    max: make('max'),
    mean: make('mean'),
    nonFinite: make('nonFinite'),
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
  // Holds the sum until withMeans().
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

function picked(column: Float64Array, places: Uint32Array): Float64Array {
  const out = new Float64Array(places.length);
  for (let at = 0; at < places.length; at++) out[at] = column[places[at] as number] as number;
  return out;
}

/** Sums become means. */
function withMeans(out: Buckets): Buckets {
  for (let bucket = 0; bucket < out.count.length; bucket++) {
    const finite = (out.count[bucket] as number) - (out.nonFinite[bucket] as number);
    const mean = (out.mean[bucket] as number) / finite;
    const min = out.min[bucket] as number;
    const max = out.max[bucket] as number;
    // Rounding, or a sum beyond the doubles, must not put the mean outside its own bucket.
    out.mean[bucket] = finite === 0 ? Number.NaN : Math.min(Math.max(mean, min), max);
  }
  return out;
}
