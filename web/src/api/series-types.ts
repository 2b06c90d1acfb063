// Series as the HTTP API answers them: numbers are numbers, NaN and the infinities included.

export interface Point {
  readonly step: number | null;
  readonly epoch: number | null;
  readonly ts: number;
  readonly value: number;
}

export interface SeriesSummary {
  readonly key: string;
  readonly phase: string;
  readonly worker: string;
  readonly aggregation: string;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly first: Point;
  readonly last: Point;
}

interface SeriesHead {
  readonly runId: string;
  readonly key: string;
  readonly phase: string;
  /** Null where the workers are merged. */
  readonly worker: string | null;
  readonly aggregation: string;
  readonly superseded: boolean;
  readonly incarnation?: string | null;
  /** Points behind all of it. */
  readonly total: number;
  readonly x: readonly number[];
}

export interface PointSeries extends SeriesHead {
  readonly kind: 'points';
  /** Missing step or epoch: NaN. */
  readonly step: readonly number[];
  readonly epoch: readonly number[];
  readonly ts: readonly number[];
  readonly value: readonly number[];
}

export interface BucketSeries extends SeriesHead {
  readonly kind: 'buckets';
  readonly count: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly firstStep: readonly number[];
  readonly lastStep: readonly number[];
  readonly firstTs: readonly number[];
  readonly lastTs: readonly number[];
  /** Points of the bucket that are NaN or infinite. */
  readonly nonFinite: readonly number[];
}

export interface AggregatedSeries extends SeriesHead {
  readonly kind: 'aggregated';
  readonly workers: readonly string[];
  /** µs; of each of them, when it logged the latest of its points here. */
  readonly workerLastTs: readonly number[];
  readonly value: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly count: readonly number[];
  /** Workers that have points there. */
  readonly present: readonly number[];
  readonly nonFinite: readonly number[];
  readonly firstStep: readonly number[];
  readonly lastStep: readonly number[];
  readonly firstTs: readonly number[];
  readonly lastTs: readonly number[];
}

export type Series = PointSeries | BucketSeries | AggregatedSeries;

export type Axis = 'step' | 'epoch' | 'time' | 'relative';

export interface SeriesQuery {
  readonly runId: string;
  readonly key: string;
  readonly phase?: string;
  readonly worker?: string;
}

export interface SeriesOptions {
  readonly by?: Axis;
  readonly maxPoints?: number;
  /** On the axis, both ends included. */
  readonly from?: number;
  readonly to?: number;
  readonly aggregate?: 'mean' | 'min' | 'max' | 'sum';
  readonly superseded?: 'hide' | 'show' | 'only';
}
