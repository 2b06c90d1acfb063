// One run on the whole screen: its state, its metrics as charts, the last lines that it wrote.

import colors from 'picocolors';
import type { LogEntry } from '../../index.js';
import { type AnySeries, drawSeries } from '../metric-picture.js';
import { statusColor } from '../run-screen.js';
import { clock, shortNumber } from '../terminal/number.js';
import { progressBar } from '../terminal/progress.js';
import { type Part, styled } from '../terminal/styled.js';
import { clip, plainText, textWidth, visibleLines } from '../terminal/text.js';
import type { TopDetails } from './top-data.js';
import { speedText } from './top-list.js';
import type { TopRun } from './top-run.js';

/** Lines of the log at least, where there is room for them beside a chart. */
const LOG_LINES = 6;
/** A chart lower than this shows nothing; its axis and its name take three lines more. */
const LOWEST_CHART = 5;
const AROUND_CHART = 4;
/** Cells from which on two charts lie side by side. */
const WIDE = 100;

/** At most about `rows` lines; undefined details are still being read. */
export function detailLines(row: TopRun, details: TopDetails | undefined, columns: number, rows: number, now: number): string[] {
  const head = headLines(row, details, columns, now);
  if (details === undefined) return head;
  const room = rows - head.length - 1;
  const charts = chartLines(details.charts, columns, room - Math.min(LOG_LINES, details.logs.length));
  return [...head, '', ...charts, ...logLines(details.logs, columns, Math.max(0, room - charts.length))];
}

function headLines(row: TopRun, details: TopDetails | undefined, columns: number, now: number): string[] {
  const { run } = row;
  const lines = [
    styled([[run.status, statusColor(run.status)], ['  '], [plainText(row.name), colors.bold], [`  ${run.runId}`, colors.dim]], columns),
    styled(progressParts(row, columns, now), columns),
  ];
  const said = run.error?.message ?? run.message;
  if (said) lines.push(styled([[plainText(said), run.error === null ? colors.dim : colors.red]], columns));
  if (details !== undefined && details.knobs.length > 0) lines.push(styled([[plainText(details.knobs.join('  ')), colors.dim]], columns));
  return lines;
}

function progressParts(row: TopRun, columns: number, now: number): Part[] {
  const { progress } = row.run;
  const left = row.remaining(now);
  const told = [
    clock(row.elapsed(now)),
    left === undefined ? '' : `${clock(left)} left`,
    row.step === null ? '' : `step ${shortNumber(row.step)}`,
    speedText(row) === '-' ? '' : speedText(row),
  ];
  const words = told.filter((part) => part !== '').join('  ');
  if (row.fraction === undefined || progress === null) return [[words]];
  const bar = progressBar(row.fraction, Math.max(6, Math.min(30, columns - words.length - 30)));
  const unit = progress.unit === undefined ? '' : `${plainText(progress.unit)} `;
  return [[bar, colors.cyan], [` ${unit}${shortNumber(progress.current)}/${shortNumber(progress.total ?? 0)}  ${words}`]];
}

function chartLines(charts: readonly (readonly AnySeries[])[], columns: number, room: number): string[] {
  const across = columns >= WIDE && charts.length > 1 ? 2 : 1;
  const down = Math.max(1, Math.min(Math.ceil(charts.length / across), Math.floor(room / (LOWEST_CHART + AROUND_CHART))));
  const height = Math.floor(room / down) - AROUND_CHART;
  if (height < LOWEST_CHART) return [];
  const width = Math.floor((columns - 2 * (across - 1)) / across);
  const pictures = charts.slice(0, across * down).map((series) => picture(series, width, Math.min(15, height)));
  return across === 1 ? pictures.flat() : sideBySide(pictures, width);
}

function picture(series: readonly AnySeries[], width: number, height: number): string[] {
  const axis = series.some((one) => (one.kind === 'points' ? one.step : one.firstStep).some((step) => !Number.isNaN(step)))
    ? 'step'
    : 'relative';
  // One plot: those of other workers are on the page of the metric.
  const lines = drawSeries(series.slice(0, 1), axis, { width, height });
  return lines.length === 0 ? ['no finite value yet'] : lines;
}

function sideBySide(pictures: readonly string[][], width: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < pictures.length; at += 2) {
    const [left = [], right = []] = pictures.slice(at, at + 2);
    for (let row = 0; row < Math.max(left.length, right.length); row++)
      lines.push(`${padded(left[row] ?? '', width)}  ${right[row] ?? ''}`);
  }
  return lines;
}

/** Filled with spaces; colours count nothing. */
function padded(line: string, width: number): string {
  return line + ' '.repeat(Math.max(0, width - textWidth(line)));
}

function logLines(logs: readonly LogEntry[], columns: number, room: number): string[] {
  const lines = logs.flatMap(({ message, level, logger }) => {
    const captured = logger === 'stdout' || logger === 'stderr';
    return visibleLines(message).map((line): Part => [captured ? line : `[${level}] ${line}`, level === 'error' ? colors.red : colors.dim]);
  });
  return room === 0
    ? []
    : lines.slice(-room).map(([text, paint]) => (paint === undefined ? clip(text, columns) : styled([[text, paint]], columns)));
}
