// Whether two groups of runs really differ: Welch's t-test, and a bootstrap interval that asks for no distribution.

import { XTrackError } from '../protocol/index.js';
import { seededRandom } from './random.js';

/** Resamples of the bootstrap. */
const RESAMPLES = 10_000;
/** Share of the interval: 95 %. */
const LEVEL = 0.95;

export interface GroupSummary {
  readonly runs: number;
  readonly mean: number;
  /** Of the sample (n - 1). */
  readonly deviation: number;
}

export interface GroupComparison {
  readonly a: GroupSummary;
  readonly b: GroupSummary;
  /** Mean of `a` minus mean of `b`. */
  readonly difference: number;
  readonly t: number;
  /** Degrees of freedom after Welch and Satterthwaite. */
  readonly degrees: number;
  /** Two-sided: how likely a difference at least so large is where there is none. */
  readonly p: number;
  /** 95 % of the difference, by percentiles of 10,000 resamples. Always the same for the same values. */
  readonly interval: readonly [low: number, high: number];
}

/** Compares the finite values of two groups, at least two each. Errors: XT_ARGUMENT. */
export async function compareGroups(a: readonly number[], b: readonly number[]): Promise<GroupComparison> {
  const [left, right] = [a.filter(Number.isFinite), b.filter(Number.isFinite)];
  if (left.length < 2 || right.length < 2)
    throw new XTrackError('XT_ARGUMENT', { detail: `each group needs two finite values; they have ${left.length} and ${right.length}` });
  const { mean, sampleStandardDeviation, quantile } = await import('simple-statistics');
  const { default: statistics } = await import('jstat');
  const summary = (values: number[]): GroupSummary => ({
    runs: values.length,
    mean: mean(values),
    deviation: sampleStandardDeviation(values),
  });
  const [one, other] = [summary(left), summary(right)];
  const [v, w] = [one.deviation ** 2 / one.runs, other.deviation ** 2 / other.runs];
  const difference = one.mean - other.mean;
  const base = { a: one, b: other, difference, interval: bootstrap(left, right, quantile) };
  // Without any spread the means are what they are.
  if (v + w === 0)
    return {
      ...base,
      t: difference === 0 ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY,
      degrees: one.runs + other.runs - 2,
      p: difference === 0 ? 1 : 0,
    };
  const t = difference / Math.sqrt(v + w);
  const degrees = (v + w) ** 2 / (v ** 2 / (one.runs - 1) + w ** 2 / (other.runs - 1));
  return { ...base, t, degrees, p: 2 * statistics.studentt.cdf(-Math.abs(t), degrees) };
}

function bootstrap(a: readonly number[], b: readonly number[], quantile: (values: number[], at: number) => number): [number, number] {
  const random = seededRandom();
  const meanOfResample = (values: readonly number[]): number => {
    let sum = 0;
    for (let at = 0; at < values.length; at++) sum += values[Math.floor(random() * values.length)] as number;
    return sum / values.length;
  };
  const differences = Array.from({ length: RESAMPLES }, () => meanOfResample(a) - meanOfResample(b)).sort((x, y) => x - y);
  return [quantile(differences, (1 - LEVEL) / 2), quantile(differences, (1 + LEVEL) / 2)];
}
