// Values and places as people read them.

import { plural } from '../../components/format';
import type { ChartAxis, ChartSeries } from '../series/chart-series';
import { nearest } from '../series/nearest';
import { formatElapsed } from './ticks';

/** Whole numbers as they are, others with at most six significant digits; NaN and the infinities by their names. */
export function formatValue(value: number, unit = ''): string {
  const suffix = unit === '' ? '' : ` ${unit}`;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e12) return value.toLocaleString('en').replace('-', '−') + suffix;
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return trim(value.toExponential(4)) + suffix;
  return Number(value.toPrecision(6)).toLocaleString('en', { maximumFractionDigits: 10 }).replace('-', '−') + suffix;
}

function trim(text: string): string {
  return text
    .replace(/\.?0+e/, 'e')
    .replace('+', '')
    .replaceAll('-', '−');
}

/** A place on the axis, with the axis named: `step 1,200`; `steps 5,888 – 6,399` where it stands for many. */
export function formatPlace(x: number, axis: ChartAxis, steps?: readonly [number, number]): string {
  switch (axis) {
    case 'step':
      if (steps === undefined || steps[0] === steps[1]) return `step ${formatValue(steps?.[0] ?? Math.round(x))}`;
      return `steps ${formatValue(steps[0])} – ${formatValue(steps[1])}`;
    case 'time':
      return new Date(x * 1000).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
    case 'relative':
      return `after ${Math.abs(x) < 10 ? `${formatValue(x)}s` : formatElapsed(x)}`;
    default:
      return `${axis} ${formatValue(x)}`;
  }
}

export const AXIS_NAMES: Readonly<Record<ChartAxis, string>> = {
  step: 'Step',
  epoch: 'Epoch',
  time: 'Time',
  relative: 'Time since start',
};

/** What a series has at one place. */
export interface Reading {
  readonly at: number;
  readonly x: number;
  readonly value: number;
  /** Lowest and highest where the place stands for many, or for a spread. */
  readonly spread: readonly [number, number] | null;
  readonly count: number;
  /** First and last step, where the place stands for many. */
  readonly steps: readonly [number, number] | undefined;
}

/** At the place nearest to `x`; null where the series is empty. */
export function readingAt(series: ChartSeries, x: number): Reading | null {
  const at = nearest(series.x, x);
  return at < 0 ? null : reading(series, at);
}

/** The value logged last, NaN or infinite as it may be, or what is at the last place where that is not known. */
export function lastReading(series: ChartSeries): Reading | null {
  if (series.x.length === 0) return null;
  const last = reading(series, series.x.length - 1);
  return series.last === undefined ? last : { ...last, value: series.last };
}

function reading(series: ChartSeries, at: number): Reading {
  const [min, max] = [series.min?.[at], series.max?.[at]];
  return {
    at,
    x: series.x[at] as number,
    value: series.mean[at] as number,
    spread: min === undefined || max === undefined || min === max || Number.isNaN(min) ? null : [min, max],
    count: series.count?.[at] ?? 1,
    steps: series.firstStep && series.lastStep ? [series.firstStep[at] as number, series.lastStep[at] as number] : undefined,
  };
}

/** A whole curve in numbers. */
export interface Summary {
  readonly points: number;
  readonly first: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

/** Over the finite values, NaN where there is none; `last` is what was logged last, finite or not. */
export function summarise(series: ChartSeries): Summary {
  let [first, min, max] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < series.x.length; at++) {
    const value = series.mean[at] as number;
    if (!Number.isFinite(value)) continue;
    if (Number.isNaN(first)) first = value;
    min = Math.min(min, series.min?.[at] ?? value);
    max = Math.max(max, series.max?.[at] ?? value);
  }
  const isEmpty = Number.isNaN(first);
  const last = lastReading(series)?.value ?? Number.NaN;
  return { points: series.total, first, last, min: isEmpty ? Number.NaN : min, max: isEmpty ? Number.NaN : max };
}

/** One sentence for those who cannot see the chart. */
export function sayChart(title: string, series: readonly ChartSeries[], unit = ''): string {
  const [only] = series;
  if (only === undefined) return `${title}: no points yet.`;
  if (series.length > 1) return `${title}: ${series.length} curves. The table has their values.`;
  const { points, last, min, max } = summarise(only);
  const says = (value: number): string => formatValue(value, unit);
  return `${title}: ${plural(points, 'point')}, last ${says(last)}, lowest ${says(min)}, highest ${says(max)}.`;
}
