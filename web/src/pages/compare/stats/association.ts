// How much of a result a column of values tells apart, straight line or not: what picks the axes worth looking at.

import type { Datum } from '../draw/scale';
import { meanOf, quantileOf } from './spread';

/** Bins of numbers with more different values. */
const BINS = 5;

/**
 * The share of the result's variance that lies between the groups of the column (epsilon squared after Kelley, 1935: what chance alone
 * would make of so many groups is taken off). 0 to 1; 0 where nothing can be told.
 */
export function associationOf(column: readonly Datum[], result: readonly Datum[]): number {
  const pairs = column.flatMap((value, at) => {
    const target = result[at];
    return typeof target === 'number' && Number.isFinite(target) ? [{ value, target }] : [];
  });
  const groups = groupsOf(pairs);
  const mean = meanOf(pairs.map(({ target }) => target));
  const total = sumOf(pairs.map(({ target }) => (target - mean) ** 2));
  const within = sumOf(groups.flatMap((targets) => targets.map((target) => (target - meanOf(targets)) ** 2)));
  const free = pairs.length - groups.length;
  if (total === 0 || free <= 0 || groups.length < 2) return 0;
  return Math.max(0, (total - within - (groups.length - 1) * (within / free)) / total);
}

function groupsOf(pairs: readonly { readonly value: Datum; readonly target: number }[]): number[][] {
  const numbers = pairs.flatMap(({ value }) => (typeof value === 'number' ? [value] : [])).sort((a, b) => a - b);
  const isBinned = new Set(numbers).size > BINS;
  const bounds = Array.from({ length: BINS - 1 }, (_, at) => quantileOf(numbers, (at + 1) / BINS));
  const groups = new Map<string, number[]>();
  for (const { value, target } of pairs) {
    const name =
      isBinned && typeof value === 'number' ? `bin ${bounds.filter((bound) => value > bound).length}` : `${typeof value} ${value}`;
    const group = groups.get(name) ?? [];
    group.push(target);
    groups.set(name, group);
  }
  return [...groups.values()];
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
