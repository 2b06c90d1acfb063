// Runs of a page as items of the table: the same run with the same values is the same item, so that its row need not be drawn again.

import type { ColumnValue, RunPage, RunRow } from '../../../api/types';
import type { TableRun } from './groups';

const items = new WeakMap<RunRow, TableRun>();
const pages = new WeakMap<RunPage, readonly TableRun[]>();

export function itemOf(run: RunRow, values: readonly ColumnValue[]): TableRun {
  const known = items.get(run);
  if (known?.values === values) return known;
  const item = { run, values };
  items.set(run, item);
  return item;
}

export function runsOf(page: RunPage): readonly TableRun[] {
  const known = pages.get(page);
  if (known !== undefined) return known;
  const own = page.runs.map((run, at) => itemOf(run, page.values[at] ?? []));
  pages.set(page, own);
  return own;
}

/** Runs that tell what kind of values a column has. */
const TELLING = 100;

/** The places in the values at which there are only numbers: they stand below each other by their last digit, and so do gaps. */
export function numberPlaces(runs: readonly TableRun[]): ReadonlySet<number> {
  const numbers = new Set<number>();
  const others = new Set<number>();
  for (const { values } of runs.slice(0, TELLING)) {
    values.forEach((value, at) => {
      if (value !== null) (typeof value === 'number' ? numbers : others).add(at);
    });
  }
  return new Set([...numbers].filter((at) => !others.has(at)));
}
