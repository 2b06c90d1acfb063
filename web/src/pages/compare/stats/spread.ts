// What a few values have in common and how far they lie apart: the numbers behind a band and behind a group of runs.

/** How wide a band is drawn around the mean. */
export type BandKind = 'std' | 'ci' | 'quantiles' | 'range';

export interface Band {
  readonly low: number;
  readonly high: number;
}

/** NaN for no values. */
export function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? Number.NaN : sum / values.length;
}

/** Standard deviation of the sample (n - 1); 0 for one value, NaN for none. */
export function deviationOf(values: readonly number[]): number {
  if (values.length < 2) return values.length === 0 ? Number.NaN : 0;
  const mean = meanOf(values);
  let sum = 0;
  for (const value of values) sum += (value - mean) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/** Linear between neighbours (type 7 of Hyndman and Fan, as NumPy and R have it). `sorted` ascending; NaN for none. */
export function quantileOf(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = (sorted.length - 1) * Math.min(1, Math.max(0, share));
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (place - below);
}

/** Where Student's t leaves 2.5 % above, for 1 to 6 degrees of freedom; behind them the series below is exact to 0.05 %. */
const FEW_DEGREES = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469] as const;
/** The same place of the normal distribution. */
const NORMAL = 1.959964;

/** Half the width of a 95 % interval in standard errors (Abramowitz and Stegun 26.7.5). NaN below one degree of freedom. */
export function studentReach(degrees: number): number {
  if (degrees < 1) return Number.NaN;
  const known = FEW_DEGREES[degrees - 1];
  if (known !== undefined) return known;
  const z = NORMAL;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

/** The band of some finite values. One value alone has a band without width; none has NaN. */
export function bandOf(values: readonly number[], kind: BandKind): Band {
  if (kind === 'range') return values.length === 0 ? NOWHERE : { low: Math.min(...values), high: Math.max(...values) };
  if (kind === 'quantiles') {
    const sorted = [...values].sort((a, b) => a - b);
    return { low: quantileOf(sorted, 0.1), high: quantileOf(sorted, 0.9) };
  }
  const mean = meanOf(values);
  const deviation = deviationOf(values);
  const reach = kind === 'std' || values.length < 2 ? deviation : (studentReach(values.length - 1) * deviation) / Math.sqrt(values.length);
  return { low: mean - reach, high: mean + reach };
}

const NOWHERE: Band = { low: Number.NaN, high: Number.NaN };
