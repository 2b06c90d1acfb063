// Lengths of bars beside values: the best has the whole, and differences show even where all values are alike.

/** Percent of each value, best first: from 100 for the best to 20 for the last. */
export function sharesOf(values: readonly number[]): readonly number[] {
  const best = values[0] ?? 0;
  const last = values.at(-1) ?? best;
  return values.map((value) => (best === last ? 100 : Math.round(100 - 80 * Math.abs((value - best) / (last - best)))));
}
