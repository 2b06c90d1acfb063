// A series: how it is written, what it is called, how it is asked for, and the columns that answer.

import type { Aggregation, Phase } from '../../protocol/events.js';

/** One metric as one incarnation of one worker writes it. `id` is unique within the process that commits. */
export interface TrackDefinition {
  readonly id: number;
  readonly runId: string;
  readonly worker: string;
  readonly incarnation: string;
  readonly key: string;
  readonly phase: Phase | '';
  readonly aggregation: Aggregation | '';
}

/** Points as columns, in the order received; `length` of each array is used. Missing step or epoch: NaN. */
export interface PointColumns {
  readonly length: number;
  readonly track: Uint32Array;
  readonly seq: Float64Array;
  readonly step: Float64Array;
  readonly epoch: Float64Array;
  readonly ts: Float64Array;
  readonly value: Float64Array;
}

/** A series = (run, worker, key, phase, aggregation), over all incarnations of its worker. */
export interface SeriesId {
  readonly runId: string;
  readonly worker: string;
  readonly key: string;
  readonly phase: Phase | '';
  readonly aggregation: Aggregation | '';
}

export interface Point {
  readonly step: number | null;
  readonly epoch: number | null;
  /** µs since the epoch on the worker's clock. */
  readonly ts: number;
  readonly value: number;
}

export interface SeriesSummary extends SeriesId {
  readonly count: number;
  /** Over finite values; NaN when there is none. */
  readonly min: number;
  readonly max: number;
  readonly first: Point;
  readonly last: Point;
}

/** What a series is laid out along: steps, epochs, or µs since the epoch on the worker's clock. */
export type SeriesAxis = 'step' | 'epoch' | 'time';

export interface SeriesQuery {
  readonly runId: string;
  readonly key: string;
  readonly worker?: string;
  readonly phase?: Phase | '';
  /**
   * Lay the points out along this axis: only those that have a place on it, and buckets cut at equal distances, at the same places
   * for every series of the answer. Without it, buckets are cut by count and `range` is of steps.
   */
  readonly by?: SeriesAxis;
  /** On the axis, both ends included; points that have no place on it are left out. */
  readonly range?: { readonly from?: number; readonly to?: number };
  /** At most so many points or buckets per series; without it, every point. */
  readonly maxPoints?: number;
  /**
   * A point is superseded where a later incarnation of its worker began the series again at its step or before: a restart from a
   * checkpoint. `hide` (default) leaves them out, `only` gives nothing else, `show` gives both, each as series of their own.
   */
  readonly superseded?: 'hide' | 'show' | 'only';
}

/** Which of a series' points these are: those that count, or what one incarnation left that a later one superseded. */
export interface SeriesShare {
  readonly superseded: boolean;
  /** The incarnation whose points were superseded; null where they are not. */
  readonly incarnation: string | null;
}

/**
 * A series as columns, ordered by (incarnation, seq). Either every point (`kind: 'points'`) or buckets (`kind: 'buckets'`), in which
 * no extreme is lost: runs of consecutive points, or stretches of the axis asked for. Missing step or epoch: NaN.
 *
 * A stretch of the axis is exact to within its own length: a point may be counted one stretch before its own, and `firstStep` to
 * `lastTs` tell where the points really lie. Where a clock was set back, a range of time is exact to 128 points.
 */
export type SeriesData = SeriesId &
  SeriesShare &
  (
    | {
        readonly kind: 'points';
        readonly total: number;
        /** Place on the axis (step where none was asked for). */
        readonly x: Float64Array;
        readonly seq: Float64Array;
        readonly step: Float64Array;
        readonly epoch: Float64Array;
        readonly ts: Float64Array;
        readonly value: Float64Array;
      }
    | {
        readonly kind: 'buckets';
        /** Points behind all buckets together. */
        readonly total: number;
        /** Where the stretch of the axis begins; where no axis was asked for, the step of the first point. */
        readonly x: Float64Array;
        readonly count: Float64Array;
        /** Of the first and the last point of the bucket. */
        readonly firstStep: Float64Array;
        readonly lastStep: Float64Array;
        readonly firstTs: Float64Array;
        readonly lastTs: Float64Array;
        readonly first: Float64Array;
        readonly last: Float64Array;
        /** min, max, mean over the finite values; NaN when a bucket has none. */
        readonly min: Float64Array;
        readonly max: Float64Array;
        readonly mean: Float64Array;
        /** Points that are NaN or infinite. */
        readonly nonFinite: Float64Array;
      }
  );

/** Where a read of every point goes on: behind this point of its series. */
export interface PointMark {
  readonly incarnation: string;
  readonly seq: number;
}

/** Consecutive points of one incarnation of a series, as columns. Missing step or epoch: NaN. */
export interface PointPage {
  readonly incarnation: string;
  /** Points with this step or a higher one were superseded by a later incarnation; Infinity: none. */
  readonly supersededFrom: number;
  readonly seq: Float64Array;
  readonly step: Float64Array;
  readonly epoch: Float64Array;
  readonly ts: Float64Array;
  readonly value: Float64Array;
}
