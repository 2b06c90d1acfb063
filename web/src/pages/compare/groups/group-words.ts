// Two groups of runs compared, in plain words.

import type { GroupComparison } from '../../../api/types';
import { formatNumber, plural } from '../../../components/format';

export interface Verdict {
  /** `B is lower by 0.012 (95 % CI 0.003 to 0.021), p = 0.004.` */
  readonly finding: string;
  /** What may be made of it. */
  readonly meaning: string;
  readonly tone: 'sure' | 'unsure';
}

/** Usual bound below which a difference is taken for real. */
const REAL = 0.05;
/** Fewer runs in a group tell little, whatever p is. */
const FEW_RUNS = 5;

export function verdictOf({ a, b, difference, p, interval }: GroupComparison, metric: string, better: 'min' | 'max'): Verdict {
  // The server says a − b; a reader asks what B does.
  const change = -difference;
  const [low, high] = [-interval[1], -interval[0]];
  const isReal = p < REAL;
  const span = `95 % CI ${formatNumber(Math.sign(change) < 0 ? -high : low)} to ${formatNumber(Math.sign(change) < 0 ? -low : high)}`;
  const finding =
    change === 0
      ? `A and B have the same mean ${metric}, ${formatNumber(a.mean)}; ${sayP(p)}.`
      : `B is ${change < 0 ? 'lower' : 'higher'} by ${formatNumber(Math.abs(change))} (${span}), ${sayP(p)}.`;
  return { finding, meaning: meaningOf(isReal, change, better, metric) + caveat(a.runs, b.runs), tone: isReal ? 'sure' : 'unsure' };
}

/** `p = 0.03`, `p < 0.0001`. */
export function sayP(p: number): string {
  if (p < 1e-4) return 'p < 0.0001';
  return `p = ${Number(p.toPrecision(2))}`;
}

function meaningOf(isReal: boolean, change: number, better: 'min' | 'max', metric: string): string {
  if (!isReal) return 'Chance alone would often make a difference so large: it is no evidence that A and B differ.';
  const isBetter = change < 0 === (better === 'min');
  return `Chance alone would rarely make a difference so large. ${better === 'min' ? 'Lower' : 'Higher'} is better for ${metric}, so ${isBetter ? 'B' : 'A'} is better.`;
}

function caveat(a: number, b: number): string {
  const fewest = Math.min(a, b);
  return fewest >= FEW_RUNS ? '' : ` With only ${plural(fewest, 'run')} in a group, take it with care; more seeds would tell.`;
}
