// Everything that one drawing of a chart needs, worked out once for screen, PNG and SVG alike.

import type { ChartAxis, ChartMark, ChartRange, ChartSeries, Column } from '../series/chart-series';
import { lowerBound, placesWithin } from '../series/nearest';

/** A series ready to be drawn. */
export interface Curve {
  readonly series: ChartSeries;
  /** What the thick line follows: the values, smoothed where asked for. */
  readonly line: Column;
  /** The places in the window, and one beyond each end; `end` exclusive. */
  readonly first: number;
  readonly end: number;
}

export interface Scene {
  readonly curves: readonly Curve[];
  readonly marks: readonly ChartMark[];
  readonly axis: ChartAxis;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly isSmoothed: boolean;
  readonly x: ChartRange;
  readonly y: ChartRange;
  /** Places where lines are cut, ascending: events are missing there. */
  readonly cuts: readonly number[];
  readonly counts: SceneCounts;
}

export interface SceneCounts {
  /** Points behind the curves, all together. */
  readonly points: number;
  /** Points that have no place on the axis. */
  readonly unplaced: number;
  /** Places drawn for them. */
  readonly drawn: number;
  /** Points that are NaN or infinite: marked at the edge. */
  readonly nonFinite: number;
  /** Places that a log scale has no place for. */
  readonly offScale: number;
}

export interface SceneOptions {
  readonly series: readonly ChartSeries[];
  readonly axis: ChartAxis;
  readonly marks: readonly ChartMark[];
  readonly logX: boolean;
  readonly logY: boolean;
  readonly smoothing: number;
  /** Null: everything. */
  readonly range: ChartRange | null;
  /** The y axis is of 98 % of the values: what lies beyond is drawn at its edge. */
  readonly ignoreOutliers?: boolean;
}

/** Share of the values at each end that are outliers, where those are left out. */
const OUTLIERS = 0.01;

/** Share of the values' range that stays free above and below. */
const MARGIN = 0.05;

export function makeScene({ series, axis, marks, logX, logY, smoothing, range, ignoreOutliers = false }: SceneOptions): Scene {
  const x = range ?? xExtent(series, logX);
  const curves = series.map((one): Curve => {
    const line = smoothing > 0 ? smooth(one.mean, smoothing, one.span ?? one.count) : one.mean;
    return { series: one, line, ...placesWithin(one.x, x.from, x.to) };
  });
  return {
    curves,
    marks,
    axis,
    logX,
    logY,
    isSmoothed: smoothing > 0,
    x,
    y: ignoreOutliers ? yOfMost(curves, x, logY) : yExtent(curves, x, logY),
    cuts: marks.flatMap(({ kind, x: at }) => (kind === 'gap' ? at : [])).sort((a, b) => a - b),
    counts: countsOf(curves, logX, logY, range !== null),
  };
}

/** From the first place to the last; a little of it where there is one place, 0 … 1 where there is none. */
export function xExtent(series: readonly ChartSeries[], isLog: boolean): ChartRange {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { x } of series) {
    // What lies at 0 or before it has no place on a log scale.
    const first = isLog ? lowerBound(x, Number.MIN_VALUE) : 0;
    if (first === x.length) continue;
    from = Math.min(from, x[first] as number);
    to = Math.max(to, x[x.length - 1] as number);
  }
  if (from > to) return isLog ? { from: 1, to: 10 } : { from: 0, to: 1 };
  if (from < to) return { from, to };
  return isLog ? { from: from / 2, to: from * 2 } : { from: from - 0.5, to: from + 0.5 };
}

/** Lowest and highest of everything finite inside the window, envelopes included, with a margin. */
function yExtent(curves: readonly Curve[], window: ChartRange, isLog: boolean): ChartRange {
  const found = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  const take = (value: number | undefined): void => {
    if (value === undefined || !Number.isFinite(value) || (isLog && value <= 0)) return;
    if (value < found.from) found.from = value;
    if (value > found.to) found.to = value;
  };
  for (const { series, line, first, end } of curves) {
    for (let at = first; at < end; at++) {
      const place = series.x[at] as number;
      if (place < window.from || place > window.to) continue;
      take(series.mean[at]);
      take(line[at]);
      take(series.min?.[at]);
      take(series.max?.[at]);
    }
  }
  return withMargin(found, isLog);
}

/** Of what the thick lines are, without a hundredth of it at each end. */
function yOfMost(curves: readonly Curve[], window: ChartRange, isLog: boolean): ChartRange {
  const values: number[] = [];
  for (const { series, line, first, end } of curves) {
    for (let at = first; at < end; at++) {
      const [place, value] = [series.x[at] as number, line[at] as number];
      if (place >= window.from && place <= window.to && Number.isFinite(value) && (!isLog || value > 0)) values.push(value);
    }
  }
  if (values.length === 0) return yExtent(curves, window, isLog);
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
  return withMargin({ from: at(OUTLIERS), to: at(1 - OUTLIERS) }, isLog);
}

function withMargin({ from, to }: ChartRange, isLog: boolean): ChartRange {
  if (from > to) return isLog ? { from: 0.1, to: 10 } : { from: 0, to: 1 };
  if (isLog) {
    const share = from === to ? 2 : (to / from) ** MARGIN;
    return { from: from / share, to: to * share };
  }
  const margin = from === to ? Math.abs(from) * 0.1 || 1 : (to - from) * MARGIN;
  // Values next to the largest doubles leave no room for a margin.
  const [low, high] = [from - margin, to + margin];
  return Number.isFinite(low) && Number.isFinite(high) && Number.isFinite(high - low)
    ? { from: low, to: high }
    : { from: -Number.MAX_VALUE / 4, to: Number.MAX_VALUE / 4 };
}

/** Points before a place of which the average there still has more than a thousandth. */
export function memoryOf(smoothing: number): number {
  return smoothing > 0 ? Math.ceil(Math.log(0.001) / Math.log(Math.min(smoothing, 0.9999))) : 0;
}

/** Points at a place that are NaN or infinite. */
export function nonFiniteAt({ nonFinite, mean }: ChartSeries, at: number): number {
  return nonFinite === undefined ? (Number.isFinite(mean[at]) ? 0 : 1) : (nonFinite[at] as number);
}

/** More may have been read than is seen: what smoothing needs of what came before. */
function pointsWithin({ count }: ChartSeries, first: number, end: number): number {
  let points = 0;
  for (let at = first; at < end; at++) points += count?.[at] ?? 1;
  return points;
}

function countsOf(curves: readonly Curve[], logX: boolean, logY: boolean, isZoomed: boolean): SceneCounts {
  let [points, drawn, nonFinite, offScale, unplaced] = [0, 0, 0, 0, 0];
  for (const { series, first, end } of curves) {
    unplaced += series.unplaced ?? 0;
    points += isZoomed ? pointsWithin(series, first, end) : series.total - (series.unplaced ?? 0);
    drawn += end - first;
    for (let at = first; at < end; at++) {
      nonFinite += nonFiniteAt(series, at);
      if ((logY && (series.mean[at] as number) <= 0) || (logX && (series.x[at] as number) <= 0)) offScale += 1;
    }
  }
  return { points, drawn, nonFinite, offScale, unplaced };
}

/**
 * An exponential moving average over points: a place that stands for many counts as so many, whatever the width or the zoom made of it.
 *
 * `weight` 0 (no smoothing) … below 1. `counts`: points at each place, 1 unless given. A value that is NaN or infinite stays as it is, and the average goes on behind it with what
 * came before. Each entry is a mean of earlier entries: never beyond their extremes.
 */
export function smooth(values: Column, weight: number, counts?: Column): Float64Array {
  const out = Float64Array.from(values);
  if (!(weight > 0)) return out;
  const keep = Math.min(weight, 0.9999);
  let sum = 0;
  let share = 0;
  for (let at = 0; at < out.length; at++) {
    const value = out[at] as number;
    if (!Number.isFinite(value)) continue;
    const kept = counts === undefined ? keep : keep ** Math.max(1, counts[at] as number);
    sum = kept * sum + (1 - kept) * value;
    share = kept * share + (1 - kept);
    out[at] = sum / share;
  }
  return out;
}
