// Which params a metric hangs on: permutation importance under a nearest-neighbour model of the runs.

import type { Shown } from '../storage/search/query.js';
import { seededRandom, shuffled } from './random.js';
import { ranksOf } from './ranks.js';

/** Runs looked at; of more, the first so many: the work grows with their square. */
const MOST_RUNS = 600;
/** Fewer runs than this say nothing. */
const FEWEST_RUNS = 8;
const NEIGHBOURS = 5;
const SHUFFLES = 10;

/** A param: its value in each run. */
export type ParamColumn = readonly Shown[];

/**
 * Each param's share (0 to 1, together 1, or all 0) of what the params tell about the metric: how much worse each run is predicted
 * from its nearest neighbours when the param's values are dealt out anew. Null: too few runs.
 */
export async function importances(columns: readonly ParamColumn[], metric: readonly number[]): Promise<number[] | null> {
  const runs = Math.min(metric.length, MOST_RUNS);
  if (runs < FEWEST_RUNS) return null;
  const target = ranksOf(metric.slice(0, runs));
  const breath = new Breath();
  const distances: Float64Array[] = [];
  for (const column of columns) {
    distances.push(distancesOf(column.slice(0, runs)));
    if (breath.due) await breath.take();
  }
  const total = new Float64Array(runs * runs);
  for (const one of distances) {
    for (let at = 0; at < total.length; at++) total[at] = (total[at] as number) + (one[at] as number);
    if (breath.due) await breath.take();
  }
  const random = seededRandom();
  const identity = Uint32Array.from({ length: runs }, (_, at) => at);
  const error = await errorOf(total, undefined, identity, target, breath);
  const raw: number[] = [];
  for (const one of distances) {
    let worse = 0;
    for (let round = 0; round < SHUFFLES; round++) worse += (await errorOf(total, one, shuffled(runs, random), target, breath)) - error;
    raw.push(Math.max(0, worse / SHUFFLES));
  }
  const sum = raw.reduce((all, one) => all + one, 0);
  return raw.map((one) => (sum === 0 ? 0 : one / sum));
}

/** Between each two runs, 0 to 1: numbers by the distance of their ranks, anything else by being different. */
function distancesOf(column: ParamColumn): Float64Array {
  const runs = column.length;
  const numeric = column.every((value): value is number => typeof value === 'number');
  const ranks = numeric ? ranksOf(column as number[]).map((rank) => rank / runs) : [];
  const distances = new Float64Array(runs * runs);
  for (let a = 0; a < runs; a++) {
    for (let b = 0; b < runs; b++) {
      const apart = numeric ? Math.abs((ranks[a] as number) - (ranks[b] as number)) : Number(column[a] !== column[b]);
      distances[a * runs + b] = apart;
    }
  }
  return distances;
}

/** Mean squared error where each run is predicted from the others; of `changed`, each run has the value of another. */
async function errorOf(
  total: Float64Array,
  changed: Float64Array | undefined,
  dealt: Uint32Array,
  target: readonly number[],
  breath: Breath,
): Promise<number> {
  const runs = target.length;
  let sum = 0;
  const row = new Float64Array(runs);
  for (let run = 0; run < runs; run++) {
    const from = run * runs;
    const other = (dealt[run] as number) * runs;
    for (let at = 0; at < runs; at++) {
      const moved = changed === undefined ? 0 : (changed[other + at] as number) - (changed[from + at] as number);
      row[at] = (total[from + at] as number) + moved;
    }
    sum += ((target[run] as number) - neighbourMean(row, run, target)) ** 2;
    if (breath.due) await breath.take();
  }
  return sum / runs;
}

/** Mean over the nearest runs, all those that are as near as the last of them included. */
function neighbourMean(row: Float64Array, self: number, target: readonly number[]): number {
  const nearest = Float64Array.from(row.filter((_, at) => at !== self)).sort();
  // Sums of the same distances in another order may differ in their last bits.
  const limit = (nearest[Math.min(NEIGHBOURS, nearest.length) - 1] as number) + 1e-9;
  let sum = 0;
  let count = 0;
  for (let at = 0; at < row.length; at++) {
    if (at === self || (row[at] as number) > limit) continue;
    sum += target[at] as number;
    count += 1;
  }
  return sum / count;
}

/** Longest time that computing keeps the thread to itself (ms). */
const SLICE_MS = 10;

/**
 * Long computing gives way every few milliseconds, so that sockets are read and acknowledgements leave meanwhile. Ask `due` often, it costs
 * little; where it is true, `take` lets everything else go first.
 */
class Breath {
  #since = performance.now();

  /** True where the slice is used up. */
  get due(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  async take(): Promise<void> {
    // Also in a browser, which has no setImmediate; there it is 4 ms at most.
    await new Promise<void>((resume) => (typeof setImmediate === 'function' ? setImmediate(resume) : setTimeout(resume, 0)));
    this.#since = performance.now();
  }
}
