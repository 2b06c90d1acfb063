// Exponential moving average of a curve, without the bias towards zero (or the first value) that the plain one has at its beginning.

import type { Column } from './chart-series';

/**
 * `weight` 0 (no smoothing) … below 1. A value that is NaN or infinite stays as it is, and the average goes on behind it with what
 * came before. Each entry is a mean of earlier entries: never beyond their extremes.
 */
export function smooth(values: Column, weight: number): Float64Array {
  const out = Float64Array.from(values);
  if (!(weight > 0)) return out;
  const keep = Math.min(weight, 0.9999);
  let sum = 0;
  let share = 0;
  for (let at = 0; at < out.length; at++) {
    const value = out[at] as number;
    if (!Number.isFinite(value)) continue;
    sum = keep * sum + (1 - keep) * value;
    share = keep * share + (1 - keep);
    out[at] = sum / share;
  }
  return out;
}
