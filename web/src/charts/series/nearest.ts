// Where on an ascending column a value lies.

import type { Column } from './chart-series';

/** The first place whose value is `value` or more; the length where there is none. */
export function lowerBound(column: Column, value: number): number {
  let from = 0;
  let to = column.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((column[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The place nearest to `value`; -1 in an empty column. */
export function nearest(column: Column, value: number): number {
  const at = lowerBound(column, value);
  if (at === 0) return column.length === 0 ? -1 : 0;
  if (at === column.length) return at - 1;
  return value - (column[at - 1] as number) <= (column[at] as number) - value ? at - 1 : at;
}

/** The places to draw for a stretch: those inside and one beyond each end, so that lines reach the edges. `to` is exclusive. */
export function placesWithin(column: Column, from: number, to: number): { readonly first: number; readonly end: number } {
  const first = Math.max(0, lowerBound(column, from) - 1);
  let end = lowerBound(column, to);
  while (end < column.length && (column[end] as number) === to) end += 1;
  return { first, end: Math.min(column.length, end + 1) };
}
