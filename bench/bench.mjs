// What every benchmark here needs: repeated rounds and their median, so that one slow moment of the machine decides nothing.

/**
 * @typedef {{ name: string, unit: string, value: number, min: number, max: number, note?: string, failed?: true }} BenchRow
 */

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Calls `measure` (which returns one number) `count` times after one warm-up call that does not count. */
export async function rounds(count, measure) {
  await measure();
  const values = [];
  for (let round = 0; round < count; round++) values.push(await measure());
  return { value: median(values), min: Math.min(...values), max: Math.max(...values) };
}
