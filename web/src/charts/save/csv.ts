// Tables as CSV (RFC 4180) that a spreadsheet opens without running anything of it.

import type { ChartAxis, ChartSeries } from '../series/chart-series';

export type Cell = string | number | null;

export function csvOf(header: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [header.map(cellText).join(',')];
  for (const row of rows) lines.push(row.map(cellText).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

/** One line for each place of each series. */
export function seriesCsv(series: readonly ChartSeries[], axis: ChartAxis): string {
  return csvOf(['series', axis, 'value', 'min', 'max', 'points', 'non_finite'], rowsOf(series));
}

function* rowsOf(series: readonly ChartSeries[]): Generator<Cell[]> {
  for (const { label, x, mean, min, max, count, nonFinite } of series) {
    for (let at = 0; at < x.length; at++) {
      const value = mean[at] as number;
      const missing = Number.isFinite(value) ? 0 : 1;
      yield [label, x[at] as number, value, min?.[at] ?? value, max?.[at] ?? value, count?.[at] ?? 1, nonFinite?.[at] ?? missing];
    }
  }
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  // A text that begins like a formula would be calculated: a leading apostrophe makes it text.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
