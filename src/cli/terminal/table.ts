// Rows in columns that fit the terminal: text columns give way first, ids and numbers stay whole.

import { pad, plainText, textWidth } from './text.js';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'start' | 'end';
  /** True where cutting the text off is better than a wide line. */
  readonly flexible?: boolean;
}

const GAP = 2;
const NARROWEST = 4;

/** Lines of a table, its heading first; flexible columns shrink until the table is at most `width` cells wide. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  const cells = rows.map((row) => columns.map((column) => plainText(column.value(row))));
  const widths = columns.map((column, at) => cells.reduce((most, line) => Math.max(most, textWidth(line[at] ?? '')), column.title.length));
  shrink(columns, widths, width);
  const line = (texts: readonly string[]): string =>
    columns
      .map((column, at) => pad(texts[at] ?? '', widths[at] as number, column.align))
      .join(' '.repeat(GAP))
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...cells.map(line)];
}

function shrink<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, one) => sum + one, GAP * (columns.length - 1)) - width;
  while (excess > 0) {
    const widest = columns.reduce(
      (best, column, at) => (column.flexible && (widths[at] as number) > (widths[best] ?? NARROWEST) ? at : best),
      -1,
    );
    if (widest < 0) return;
    widths[widest] = (widths[widest] as number) - 1;
    excess -= 1;
  }
}
