// What `xtrack metrics` draws: the plots of a metric, each series with its name and figures.

import colors from 'picocolors';
import type { AggregatedSeries, MetricAxis, SeriesData } from '../index.js';
import { shortNumber } from './terminal/number.js';
import { type PlotLine, plot } from './terminal/plot.js';
import { type Paint, type Part, styled } from './terminal/styled.js';
import { plainText } from './terminal/text.js';

export type AnySeries = SeriesData | AggregatedSeries;

/** Colours by which series are told apart in one plot; more of them are not drawn. */
const PAINTS: readonly Paint[] = [colors.cyan, colors.magenta, colors.yellow, colors.green, colors.blue, colors.red];
const DAY = 86_400_000;
const MICROS = 1_000_000;

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** All series in one plot where colours tell them apart, else a plot each. */
export function drawSeries(all: readonly AnySeries[], axis: MetricAxis, size: PictureSize): string[] {
  if (all.length > 1 && colors.isColorSupported) return together(all, axis, size);
  return all.flatMap((series) => [headline(series, size.width), ...picture([lineOf(series, axis)], axis, size), '']);
}

/** `train · loss · worker 0  1000 points`. */
export function headline(series: AnySeries, width: number): string {
  return styled([[nameOf(series), colors.bold], ...countsOf(series)], width);
}

function countsOf(series: AnySeries): Part[] {
  const lost = notFinite(series);
  const points: Part = [`  ${series.total} points`, colors.dim];
  return lost === 0 ? [points] : [points, [`, ${lost} not finite`, colors.yellow]];
}

function together(all: readonly AnySeries[], axis: MetricAxis, size: PictureSize): string[] {
  const shown = all.slice(0, PAINTS.length);
  const lines = shown.map((series, at) => ({ ...lineOf(series, axis), paint: PAINTS[at] as Paint }));
  const legend = shown.map((series, at) => legendLine(series, PAINTS[at] as Paint, size.width));
  const hidden = all.length - shown.length;
  const more = hidden === 0 ? [] : [styled([[`and ${hidden} more; --worker or --aggregate shows fewer`, colors.dim]], size.width)];
  return [...picture(lines, axis, size), ...legend, ...more];
}

function legendLine(series: AnySeries, paint: Paint, width: number): string {
  const { first, last } = lineOf(series, 'step');
  const ends = `  ${shortNumber(first[0] ?? Number.NaN)} → ${shortNumber(last.at(-1) ?? Number.NaN)}`;
  return styled([['━ ', paint], [nameOf(series)], [ends, colors.dim], ...countsOf(series)], width);
}

function nameOf(series: AnySeries): string {
  const who = series.kind === 'aggregated' ? `${series.aggregate} of ${series.workers.length} workers` : workerOf(series.worker);
  return [series.phase, series.key, who, series.superseded ? 'superseded' : '']
    .filter((part) => part !== '')
    .map(plainText)
    .join(' · ');
}

function workerOf(worker: string): string {
  return worker === '' ? '' : `worker ${worker}`;
}

function notFinite(series: AnySeries): number {
  if (series.kind === 'points') return series.value.reduce((sum, value) => sum + Number(!Number.isFinite(value)), 0);
  return series.nonFinite.reduce((sum, count) => sum + count, 0);
}

/** Points as they are, buckets with their spread. */
function lineOf(series: AnySeries, axis: MetricAxis): PlotLine & { readonly first: Float64Array; readonly last: Float64Array } {
  const { x } = series;
  if (series.kind === 'points') return { x, first: series.value, last: series.value, min: series.value, max: series.value };
  const { min, max } = series;
  const end = endsOf(series, axis);
  if (series.kind === 'aggregated') return { x, end, first: series.value, last: series.value, min, max };
  return { x, end, first: series.first, last: series.last, min, max };
}

/** Where the last point of each bucket lies. */
function endsOf({ x, lastStep, firstTs, lastTs }: Exclude<AnySeries, { kind: 'points' }>, axis: MetricAxis): Float64Array {
  if (axis === 'step') return lastStep;
  if (axis === 'time') return lastTs;
  return axis === 'epoch' ? x : x.map((from, at) => from + ((lastTs[at] as number) - (firstTs[at] as number)) / MICROS);
}

function picture(lines: readonly PlotLine[], axis: MetricAxis, { width, height }: PictureSize): string[] {
  if (axis === 'time') return plot(lines, { width, height, axis: 'time', labelOf: timeLabels(lines) });
  if (axis === 'relative') return plot(lines, { width, height, axis: 'secs' });
  return plot(lines, { width, height, axis, labelOf: (place) => shortNumber(Math.round(place)) });
}

/** The time of day, with the date where that alone would not tell. */
function timeLabels(lines: readonly PlotLine[]): (micros: number) => string {
  const ends = lines.flatMap(({ x }) => [x[0] ?? 0, x[x.length - 1] ?? 0]);
  const long = (Math.max(...ends) - Math.min(...ends)) / 1000 > DAY;
  const two = (n: number): string => String(n).padStart(2, '0');
  return (micros) => {
    const date = new Date(micros / 1000);
    const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
    return long ? `${two(date.getMonth() + 1)}-${two(date.getDate())} ${minutes}` : `${minutes}:${two(date.getSeconds())}`;
  };
}
