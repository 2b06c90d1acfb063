// A curve that grows while its run does: points that come in are added to the columns read, in the buckets that these have.

import type { ChartAxis, ChartSeries } from './chart-series';
import type { CurveColumns, Looks } from './from-api';
import { lowerBound } from './nearest';

/** A point of the live stream. */
export interface LivePoint {
  /** Place on the axis of the curve, in its unit. */
  readonly x: number;
  readonly value: number;
}

export interface LiveCurveOptions {
  readonly columns: CurveColumns;
  readonly total: number;
  /** Every point has a place of its own; otherwise they share buckets. */
  readonly isPoints: boolean;
  /** How workers' values at one place are merged; null: one worker. */
  readonly aggregate: 'mean' | 'min' | 'max' | 'sum' | null;
  /** Places from which on the curve must be read anew, with wider buckets. */
  readonly limit: number;
}

/** Times the limit: so many places a curve takes while it waits to be read anew, lest it stand still until then. */
const BEYOND = 8;

/**
 * What became of a point. `late`: it lies before what is drawn, where a place cannot be added; the curve must be read anew. So it must be
 * when it is `full`, though the point is in it, unless far too many came.
 */
export type Added = 'added' | 'late' | 'full';

interface Columns {
  x: Float64Array;
  mean: Float64Array;
  min: Float64Array;
  max: Float64Array;
  count: Float64Array;
  nonFinite: Float64Array;
  firstStep: Float64Array;
  lastStep: Float64Array;
  span: Float64Array;
}

const NAMES = ['x', 'mean', 'min', 'max', 'count', 'nonFinite', 'firstStep', 'lastStep', 'span'] as const;

export class LiveCurve {
  readonly #columns: Columns;
  readonly #options: LiveCurveOptions;
  /** Distance of two buckets; 0: each point has its own place. */
  readonly #width: number;
  #length: number;
  #total: number;
  #last: number | undefined;
  readonly #unplaced: number;
  readonly #hasSteps: boolean;

  constructor(options: LiveCurveOptions) {
    const { columns, limit, isPoints, total } = options;
    this.#options = options;
    this.#length = columns.x.length;
    this.#total = total;
    this.#last = columns.last;
    this.#unplaced = columns.unplaced;
    this.#hasSteps = columns.firstStep !== undefined;
    this.#width = isPoints ? 0 : bucketWidth(columns.x);
    const room = Math.max(limit, this.#length) + 1;
    const copy = (column: Float64Array | undefined, otherwise: (at: number) => number): Float64Array => {
      const grown = new Float64Array(room);
      for (let at = 0; at < this.#length; at++) grown[at] = column === undefined ? otherwise(at) : (column[at] as number);
      return grown;
    };
    const { mean } = columns;
    const valueAt = (at: number): number => mean[at] as number;
    this.#columns = {
      x: copy(columns.x, () => 0),
      mean: copy(mean, () => 0),
      min: copy(columns.min, valueAt),
      max: copy(columns.max, valueAt),
      count: copy(columns.count, () => 1),
      nonFinite: copy(columns.nonFinite, (at) => (Number.isFinite(valueAt(at)) ? 0 : 1)),
      firstStep: copy(columns.firstStep, () => 0),
      lastStep: copy(columns.lastStep, () => 0),
      span: copy(columns.span ?? columns.count, () => 1),
    };
  }

  add(point: LivePoint): Added {
    const { x } = this.#columns;
    const last = this.#length === 0 ? Number.NEGATIVE_INFINITY : (x[this.#length - 1] as number);
    const place = this.#placeOf(point.x);
    const isShared = this.#width > 0 || this.#options.aggregate !== null;
    const at = isShared ? this.#find(place) : -1;
    if (at < 0 && place < last) return 'late';
    const isFull = at < 0 && this.#length >= this.#options.limit;
    if (isFull && this.#length >= this.#options.limit * BEYOND) return 'full';
    this.#total += 1;
    // Of merged workers there is no last one.
    if (this.#options.aggregate === null) this.#last = point.value;
    if (at < 0) this.#open(place, point);
    else this.#merge(at, point);
    return isFull ? 'full' : 'added';
  }

  /** The columns as they are now; they change when points are added, so ask again then. */
  toSeries(looks: Looks): ChartSeries {
    const view = (column: Float64Array): Float64Array => column.subarray(0, this.#length);
    const { x, mean, min, max, count, nonFinite, firstStep, lastStep, span } = this.#columns;
    const envelope = this.#options.isPoints ? {} : { min: view(min), max: view(max), count: view(count) };
    return {
      ...looks,
      x: view(x),
      mean: view(mean),
      nonFinite: view(nonFinite),
      total: this.#total,
      unplaced: this.#unplaced,
      span: view(span),
      ...envelope,
      ...(this.#hasSteps && { firstStep: view(firstStep), lastStep: view(lastStep) }),
      ...(this.#last !== undefined && { last: this.#last }),
    };
  }

  #placeOf(x: number): number {
    const first = this.#columns.x[0] as number;
    if (this.#width === 0 || this.#length === 0) return x;
    return first + Math.floor((x - first) / this.#width + 1e-9) * this.#width;
  }

  /** The entry at this place; -1: there is none. */
  #find(place: number): number {
    const reach = this.#width / 2;
    const places = this.#columns.x.subarray(0, this.#length);
    const at = lowerBound(places, place - reach);
    return at < this.#length && Math.abs((places[at] as number) - place) <= reach ? at : -1;
  }

  #open(place: number, { x, value }: LivePoint): void {
    const at = this.#length;
    if (at === this.#columns.x.length) this.#widen(at * 2);
    const finite = Number.isFinite(value);
    const entry = {
      x: place,
      mean: value,
      min: value,
      max: value,
      count: 1,
      nonFinite: finite ? 0 : 1,
      firstStep: x,
      lastStep: x,
      span: 1,
    };
    // A bucket of none but infinities has no mean; a point keeps its infinity.
    if (!finite && !this.#options.isPoints) entry.mean = entry.min = entry.max = Number.NaN;
    for (const name of NAMES) this.#columns[name][at] = entry[name];
    this.#length += 1;
  }

  #widen(room: number): void {
    for (const name of NAMES) {
      const wider = new Float64Array(room);
      wider.set(this.#columns[name]);
      this.#columns[name] = wider;
    }
  }

  #merge(at: number, { x, value }: LivePoint): void {
    const { mean, min, max, count, nonFinite, firstStep, lastStep, span } = this.#columns;
    if (this.#options.aggregate === null) span[at] = (span[at] as number) + 1;
    firstStep[at] = Math.min(firstStep[at] as number, x);
    lastStep[at] = Math.max(lastStep[at] as number, x);
    count[at] = (count[at] as number) + 1;
    if (!Number.isFinite(value)) {
      nonFinite[at] = (nonFinite[at] as number) + 1;
      return;
    }
    const finite = (count[at] as number) - (nonFinite[at] as number);
    const before = mean[at] as number;
    min[at] = finite === 1 ? value : Math.min(min[at] as number, value);
    max[at] = finite === 1 ? value : Math.max(max[at] as number, value);
    if (finite === 1) mean[at] = value;
    else mean[at] = this.#merged(before, value, finite, min[at] as number, max[at] as number);
  }

  #merged(before: number, value: number, finite: number, min: number, max: number): number {
    switch (this.#options.aggregate) {
      case 'min':
        return min;
      case 'max':
        return max;
      case 'sum':
        return before + value;
      default:
        return before + (value - before) / finite;
    }
  }
}

/** The least distance of two neighbours; 0 where there are none. */
export function bucketWidth(x: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 1; at < x.length; at++) {
    const distance = (x[at] as number) - (x[at - 1] as number);
    if (distance > 0 && distance < least) least = distance;
  }
  return Number.isFinite(least) ? least : 0;
}

/** Where a point lies on an axis; null: nowhere (no step, no epoch). `origin`: when the run began, µs. */
export function placeOn(
  axis: ChartAxis,
  point: { readonly step?: number; readonly epoch?: number; readonly ts: number },
  origin: number,
): number | null {
  switch (axis) {
    case 'time':
      return point.ts / 1_000_000;
    case 'relative':
      return (point.ts - origin) / 1_000_000;
    default:
      return point[axis] ?? null;
  }
}
