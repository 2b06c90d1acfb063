// Ranks in place of values: what hangs together in any monotonous way is then a straight line.

/** 1 for the smallest; equal values share the mean of their ranks. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, at) => ({ value, at })).sort((a, b) => (a.value === b.value ? 0 : a.value < b.value ? -1 : 1));
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && order[to + 1]?.value === order[from]?.value) to += 1;
    for (let at = from; at <= to; at++) ranks[order[at]?.at as number] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}
