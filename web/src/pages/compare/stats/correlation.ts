// How closely two columns of numbers go together, and the words for it.

import { meanOf } from './spread';

export interface Correlation {
  /** Pairs in which both are finite. */
  readonly pairs: number;
  /** Of the values: 1 where they lie on a rising line. Null: fewer than three pairs, or a column without any spread. */
  readonly pearson: number | null;
  /** Of the ranks: 1 where one always rises with the other. Null as above. */
  readonly spearman: number | null;
}

/** The straight line of least squares: y = at0 + slope · x. */
export interface Line {
  readonly slope: number;
  readonly at0: number;
}

export interface Pair {
  readonly x: number;
  readonly y: number;
}

export function correlationOf(pairs: readonly Pair[]): Correlation {
  const finite = finitePairs(pairs);
  const x = finite.map((pair) => pair.x);
  const y = finite.map((pair) => pair.y);
  return { pairs: finite.length, pearson: pearsonOf(x, y), spearman: pearsonOf(ranksOf(x), ranksOf(y)) };
}

/** Null where there are fewer than two places on x. */
export function lineThrough(pairs: readonly Pair[]): Line | null {
  const finite = finitePairs(pairs);
  const [meanX, meanY] = [meanOf(finite.map(({ x }) => x)), meanOf(finite.map(({ y }) => y))];
  let [over, under] = [0, 0];
  for (const { x, y } of finite) {
    over += (x - meanX) * (y - meanY);
    under += (x - meanX) ** 2;
  }
  return under > 0 ? { slope: over / under, at0: meanY - (over / under) * meanX } : null;
}

/** In words: `strong, falling`. Bounds after Evans, "Straightforward statistics for the behavioral sciences" (1996). */
export function strengthOf(correlation: number): string {
  const size = Math.abs(correlation);
  if (size < 0.2) return 'hardly any';
  const word = size < 0.4 ? 'weak' : size < 0.6 ? 'moderate' : size < 0.8 ? 'strong' : 'very strong';
  return `${word}, ${correlation > 0 ? 'rising' : 'falling'}`;
}

/** 1 for the smallest; equal values share the mean of their ranks. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number]) to += 1;
    for (let at = from; at <= to; at++) ranks[order[at] as number] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

function pearsonOf(x: readonly number[], y: readonly number[]): number | null {
  if (x.length < 3) return null;
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  let [over, underX, underY] = [0, 0, 0];
  for (let at = 0; at < x.length; at++) {
    const [dx, dy] = [(x[at] as number) - meanX, (y[at] as number) - meanY];
    over += dx * dy;
    underX += dx * dx;
    underY += dy * dy;
  }
  if (underX === 0 || underY === 0) return null;
  return Math.min(1, Math.max(-1, over / Math.sqrt(underX * underY)));
}

function finitePairs(pairs: readonly Pair[]): Pair[] {
  return pairs.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
}
