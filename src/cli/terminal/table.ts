// Rows in columns that fit the terminal: text gives way first, then the optional columns, and ids and numbers stay whole.

import { clip, pad, plainText, textWidth } from './text.js';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'start' | 'end';
  /** True where cutting the text off is better than a wide line. */
  readonly flexible?: boolean;
  /** True where the column is left out of a table that is too wide without it; the last one goes first. */
  readonly optional?: boolean;
}

const GAP = 2;
const NARROWEST = 6;

/** Lines of a table, its heading first, none wider than `width` cells. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  const cells = rows.map((row) => columns.map((column) => plainText(column.value(row))));
  const titles = columns.map((column) => plainText(column.title));
  const widths = columns.map((_column, at) =>
    cells.reduce((most, line) => Math.max(most, textWidth(line[at] ?? '')), textWidth(titles[at] ?? '')),
  );
  const excess = shrink(columns, widths, width);
  const dropped = columns.findLastIndex((column) => column.optional);
  if (excess > 0 && dropped >= 0) return table(columns.toSpliced(dropped, 1), rows, width);
  const line = (texts: readonly string[]): string => {
    const padded = columns.map((column, at) => pad(texts[at] ?? '', widths[at] as number, column.align));
    return clip(padded.join(' '.repeat(GAP)).trimEnd(), width);
  };
  return [line(titles), ...cells.map(line)];
}

/** Narrows the flexible columns, widest first; returns the cells by which the table is still too wide. */
function shrink<Row>(columns: readonly Column<Row>[], widths: number[], width: number): number {
  let excess = widths.reduce((sum, one) => sum + one, GAP * (columns.length - 1)) - width;
  while (excess > 0) {
    const widest = columns.reduce(
      (best, column, at) => (column.flexible && (widths[at] as number) > (widths[best] ?? NARROWEST) ? at : best),
      -1,
    );
    if (widest < 0) break;
    widths[widest] = (widths[widest] as number) - 1;
    excess -= 1;
  }
  return excess;
}
