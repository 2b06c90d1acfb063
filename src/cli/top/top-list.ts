// The list of runs, a line each: what it is doing, how far it is, how fast, and its metrics with their shape.

import colors from 'picocolors';
import { statusColor } from '../run-screen.js';
import { clock, shortNumber } from '../terminal/number.js';
import { progressBar } from '../terminal/progress.js';
import { sparkline } from '../terminal/sparkline.js';
import { type Part, styled } from '../terminal/styled.js';
import { pad, plainText } from '../terminal/text.js';
import type { TopMetric, TopRun } from './top-run.js';

/** Cells of each column but the name, which takes what is left up to a bound; the gap before it counted. */
const WIDTHS = { status: 14, progress: 18, time: 10, left: 10, step: 10, speed: 10 } as const;
const NARROWEST_NAME = 14;
const WIDEST_NAME = 36;
const BAR = 11;
const NUMBER = 9;
const LABEL = 12;
const SPARK = 14;
const METRIC = LABEL + NUMBER + SPARK + 4;

type Column = keyof typeof WIDTHS;

/** Columns, the most telling first: those that do not fit are left out. */
const BY_WORTH: readonly Column[] = ['status', 'progress', 'left', 'step', 'speed', 'time'];
const IN_ORDER: readonly Column[] = ['status', 'progress', 'time', 'left', 'step', 'speed'];
const TITLES: Readonly<Record<Column, string>> = {
  status: 'STATUS',
  progress: 'PROGRESS',
  time: 'TIME',
  left: 'LEFT',
  step: 'STEP',
  speed: 'SPEED',
};
const AT_END: ReadonlySet<Column> = new Set(['time', 'left', 'step', 'speed']);

/** What is where on lines of a width. */
export interface ListLayout {
  readonly name: number;
  readonly columns: readonly Column[];
  /** Metrics that fit. */
  readonly metrics: number;
}

export function layoutOf(columns: number): ListLayout {
  let left = columns - NARROWEST_NAME - 2;
  const kept = BY_WORTH.filter((column) => {
    if (WIDTHS[column] > left) return false;
    left -= WIDTHS[column];
    return true;
  });
  const metrics = Math.floor(left / METRIC);
  const name = Math.min(WIDEST_NAME, NARROWEST_NAME + left - metrics * METRIC);
  return { name, columns: IN_ORDER.filter((column) => kept.includes(column)), metrics };
}

export function headLine({ name, columns, metrics }: ListLayout, width: number): string {
  const parts = [pad('  NAME', name + 2), ...columns.map((column) => cell(column, TITLES[column])), metrics > 0 ? '  METRICS' : ''];
  return styled([[parts.join(''), colors.dim]], width);
}

export function rowLine(row: TopRun, selected: boolean, layout: ListLayout, width: number, now: number): string {
  const parts: Part[] = [
    [selected ? '> ' : '  ', colors.bold],
    [pad(plainText(row.name), layout.name), selected ? colors.inverse : row.live ? colors.bold : colors.dim],
    ...layout.columns.map((column): Part => partOf(column, row, now)),
    ...row.metrics.slice(0, layout.metrics).flatMap(metricParts),
  ];
  return styled(parts, width);
}

function partOf(column: Column, row: TopRun, now: number): Part {
  if (column === 'status') return [cell(column, row.run.status), statusColor(row.run.status)];
  if (column === 'progress') return [cell(column, progressText(row)), row.live ? colors.cyan : colors.dim];
  return [cell(column, textOf(column, row, now)), row.live ? plain : colors.dim];
}

const plain = (text: string): string => text;

function textOf(column: 'time' | 'left' | 'step' | 'speed', row: TopRun, now: number): string {
  switch (column) {
    case 'time':
      return clock(row.elapsed(now));
    case 'left': {
      const left = row.remaining(now);
      return left === undefined ? '-' : clock(left);
    }
    case 'step':
      return row.step === null ? '-' : shortNumber(row.step);
    case 'speed':
      return speedText(row);
  }
}

/** `12.3/s`; slow trainings by the minute. */
export function speedText({ perSecond }: TopRun): string {
  if (perSecond === undefined || !(perSecond > 0)) return '-';
  const [speed, unit] = perSecond < 0.1 ? [perSecond * 60, 'min'] : [perSecond, 's'];
  return `${Number(speed.toPrecision(3))}/${unit}`;
}

function progressText({ fraction, run: { progress } }: TopRun): string {
  if (fraction === undefined) return progress === null ? '-' : shortNumber(progress.current);
  const percent = Math.floor(Math.max(0, Math.min(1, fraction)) * 100);
  return `${progressBar(fraction, BAR)} ${percent}%`;
}

function metricParts({ label, series, shape }: TopMetric): Part[] {
  return [
    [`  ${pad(plainText(label), LABEL)} `, colors.dim],
    [pad(shortNumber(series.last.value), NUMBER, 'end'), colors.bold],
    [` ${pad(sparkline(shape, SPARK), SPARK)}`, colors.cyan],
  ];
}

/** A gap of two, then the text. */
function cell(column: Column, text: string): string {
  return `  ${pad(text, WIDTHS[column] - 2, AT_END.has(column) ? 'end' : 'start')}`;
}
