// What a chart draws: curves as columns on an axis, and the marks of what happened along it. The pages make these, whatever they ask.

/** Numbers by place: a typed array where there are many. */
export type Column = ArrayLike<number>;

export type ChartAxis = 'step' | 'epoch' | 'time' | 'relative';

/** A stretch of the x axis, in the unit of ChartSeries.x. */
export interface ChartRange {
  readonly from: number;
  readonly to: number;
}

/** One curve. All columns have the length of `x`. */
export interface ChartSeries {
  /** Unique in its chart, and the same whenever the series is read anew: toggles and colours hang on it. */
  readonly id: string;
  readonly label: string;
  /** A CSS colour; the pages take one of seriesColour(). */
  readonly colour: string;
  /** Ascending. Steps, epochs, seconds since the Unix epoch (`time`) or seconds since the run began (`relative`). */
  readonly x: Column;
  /** The value, or the mean where a place stands for many; NaN breaks the line. */
  readonly mean: Column;
  /** The envelope, drawn as a band; together or not at all. */
  readonly min?: Column;
  readonly max?: Column;
  /** Points at the place that are NaN or infinite. Default: 1 where `mean` is, else 0. */
  readonly nonFinite?: Column;
  /** Points at the place. Default: 1. */
  readonly count?: Column;
  /** First and last step of the points at the place, where they are many; together or not at all. */
  readonly firstStep?: Column;
  readonly lastStep?: Column;
  /** Points of one worker at the place, where workers are merged: what smoothing counts. Default: `count`. */
  readonly span?: Column;
  /** Points that have no place on the axis: no step, no epoch. */
  readonly unplaced?: number;
  /** Points behind the whole curve, these included that are NaN or infinite. */
  readonly total: number;
  /** The value logged last. Default: what is at the last place. */
  readonly last?: number;
  readonly dashed?: boolean;
  /** Drawn paler: points that a restart superseded. */
  readonly faint?: boolean;
}

export type MarkKind = 'checkpoint' | 'command' | 'change' | 'restart' | 'gap' | 'alert';

/** Something that happened at a place of the axis: a thin vertical line with an icon. */
export interface ChartMark {
  readonly kind: MarkKind;
  readonly x: number;
  readonly title: string;
}

/** What the crosshair is on; null: it is not on the chart. */
export interface ChartCursor {
  readonly x: number;
}
