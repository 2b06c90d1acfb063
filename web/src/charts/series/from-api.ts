// A series as the server answers it, as a curve of a chart.

import type { Series } from '../../api/types';
import type { ChartAxis, ChartRange, ChartSeries } from './chart-series';

const MICROS = 1_000_000;

/** What the curve is called and looks like. */
export type Looks = Pick<ChartSeries, 'id' | 'label' | 'colour' | 'dashed' | 'faint'>;

/** The columns of a curve. */
export interface CurveColumns {
  readonly x: Float64Array;
  readonly mean: Float64Array;
  readonly min: Float64Array | undefined;
  readonly max: Float64Array | undefined;
  readonly count: Float64Array | undefined;
  readonly nonFinite: Float64Array | undefined;
  /** µs since the epoch, of the first point at each place. */
  readonly ts: Float64Array;
  readonly firstStep: Float64Array | undefined;
  readonly lastStep: Float64Array | undefined;
  readonly span: Float64Array | undefined;
  /** Points without a place. */
  readonly unplaced: number;
  /** The value logged last; undefined where the columns do not tell. */
  readonly last: number | undefined;
}

/** Ordered along the axis; points without a place on it (no epoch) are left out. */
export function columnsOf(series: Series, axis: ChartAxis): CurveColumns {
  const order = placed(series.x);
  const pick = (column: readonly number[]): Float64Array => Float64Array.from(order, (at) => column[at] as number);
  const unit = axis === 'time' ? MICROS : 1;
  const x = pick(series.x).map((place) => place / unit);
  if (series.kind === 'points') {
    const none = { min: undefined, max: undefined, count: undefined, nonFinite: undefined, ...NO_STEPS };
    return { x, mean: pick(series.value), ...none, ts: pick(series.ts), unplaced: series.x.length - order.length, last: newest(series) };
  }
  const isMerged = series.kind === 'aggregated';
  return {
    x,
    mean: pick(series.kind === 'buckets' ? series.mean : series.value),
    min: pick(series.min),
    max: pick(series.max),
    count: pick(series.count),
    nonFinite: pick(series.nonFinite),
    ts: pick(series.firstTs),
    ...(axis === 'step' ? { firstStep: pick(series.firstStep), lastStep: pick(series.lastStep), span: undefined } : NO_STEPS),
    span: isMerged ? pick(series.count.map((count, at) => count / Math.max(1, series.present[at] as number))) : undefined,
    unplaced: sum(series.count) - sum(pick(series.count)),
    last: series.kind === 'buckets' ? series.last[latest(series.lastTs)] : undefined,
  };
}

const NO_STEPS = { firstStep: undefined, lastStep: undefined, span: undefined };

/** Index of the largest, the last of several; -1: there is none. */
function latest(column: readonly number[]): number {
  return column.reduce((best, value, at) => (best < 0 || value >= (column[best] as number) ? at : best), -1);
}

/** The value that was logged last, with a place on the axis or without. */
function newest({ ts, value }: Extract<Series, { kind: 'points' }>): number | undefined {
  return value[latest(ts)];
}

function sum(column: ArrayLike<number>): number {
  let all = 0;
  for (let at = 0; at < column.length; at++) all += column[at] as number;
  return all;
}

export function toChartSeries(series: Series, axis: ChartAxis, looks: Looks): ChartSeries {
  const { min, max, count, nonFinite, x, mean, last, firstStep, lastStep, span, unplaced } = columnsOf(series, axis);
  const envelope =
    min !== undefined && max !== undefined && count !== undefined && nonFinite !== undefined ? { min, max, count, nonFinite } : {};
  return {
    ...{ ...looks, x, mean, ...envelope, unplaced, total: series.total },
    ...(last !== undefined && { last }),
    ...(firstStep !== undefined && lastStep !== undefined && { firstStep, lastStep }),
    ...(span !== undefined && { span }),
  };
}

/** The window of a chart as `from` and `to` of a request. */
export function toServerRange({ from, to }: ChartRange, axis: ChartAxis): ChartRange {
  return axis === 'time' ? { from: Math.floor(from * MICROS), to: Math.ceil(to * MICROS) } : { from, to };
}

/** Indexes of those that have a place, ascending by it; equal places stay in their order. */
function placed(x: readonly number[]): number[] {
  const order: number[] = [];
  let isSorted = true;
  let last = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < x.length; at++) {
    const place = x[at] as number;
    if (!Number.isFinite(place)) continue;
    isSorted &&= place >= last;
    last = place;
    order.push(at);
  }
  return isSorted ? order : order.sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);
}
