// Summaries of summaries: a long series at the resolution of the screen, at a cost that follows the pixels and not the points.

import { COUNT, FIELDS, FINITE, FIRST_TS, LAST, LAST_STEP, LAST_TS, MAX, MIN, STEP_MAX, STEP_MIN, SUM } from './summary.js';

/** Chunks in a group. */
export const GROUP_CHUNKS = 64;
/** Points that a summary of each level holds at most, finest first; the whole group is the last. */
const LEVELS = [256, 1_024, 4_096, 16_384] as const;
const WHOLE_GROUP = Number.POSITIVE_INFINITY;

/** A sealed chunk that goes into a group. */
export interface Member {
  readonly id: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly count: number;
  readonly cells: Float64Array;
}

/** What is kept of GROUP_CHUNKS chunks in a row. */
export interface ChunkGroup {
  readonly firstChunk: number;
  readonly lastChunk: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly count: number;
  /** Undefined where only the chunks themselves will do: events came late, or a clock was set back. */
  readonly levels: GroupLevels | undefined;
}

/** A group's summaries. */
export interface GroupLevels {
  /** Of all its points. */
  readonly whole: Float64Array;
  /** Packed, in the order of LEVELS. */
  readonly levels: readonly Float64Array[];
}

/** `members`: at least one, in the order sealed. */
export function groupOf(members: readonly Member[]): ChunkGroup {
  const isInOrder = members.every(({ first_seq }, at) => at === 0 || first_seq > (members[at - 1] as Member).last_seq);
  return {
    firstChunk: (members[0] as Member).id,
    lastChunk: (members.at(-1) as Member).id,
    firstSeq: Math.min(...members.map(({ first_seq }) => first_seq)),
    lastSeq: Math.max(...members.map(({ last_seq }) => last_seq)),
    count: members.reduce((sum, { count }) => sum + count, 0),
    levels: isInOrder ? groupLevels(members.map(({ cells }) => cells)) : undefined,
  };
}

/** What chunks in a row are worth together; undefined where time does not go on from cell to cell, so that ends are no extremes. */
function groupLevels(cells: readonly Float64Array[]): GroupLevels | undefined {
  const all = joined(cells);
  if (!isTimely(all)) return undefined;
  const levels: Float64Array[] = [];
  for (const points of LEVELS) levels.push(merged(levels.at(-1) ?? all, points));
  return { whole: merged(levels.at(-1) ?? all, WHOLE_GROUP), levels };
}

/** Index of the coarsest level whose summaries hold at most so many points; -1: they hold more on all of them. */
export function levelFor(points: number): number {
  return LEVELS.findLastIndex((most) => most <= points);
}

function joined(cells: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(cells.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of cells) {
    out.set(one, at);
    at += one.length;
  }
  return out;
}

function isTimely(cells: Float64Array): boolean {
  let previous = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < cells.length; start += FIELDS) {
    const first = cells[start + FIRST_TS] as number;
    const last = cells[start + LAST_TS] as number;
    if (first < previous || last < first) return false;
    previous = last;
  }
  return true;
}

/** Neighbours merged as long as together they hold at most `points` points. */
function merged(cells: Float64Array, points: number): Float64Array {
  const out = new Float64Array(cells.length);
  let end = 0;
  for (let start = 0; start < cells.length; start += FIELDS) {
    const into = end - FIELDS;
    if (into >= 0 && (out[into + COUNT] as number) + (cells[start + COUNT] as number) <= points) merge(out, into, cells, start);
    else {
      out.set(cells.subarray(start, start + FIELDS), end);
      end += FIELDS;
    }
  }
  return out.slice(0, end);
}

function merge(out: Float64Array, into: number, cells: Float64Array, from: number): void {
  const add = (field: number): void => {
    out[into + field] = (out[into + field] as number) + (cells[from + field] as number);
  };
  const take = (field: number): void => {
    out[into + field] = cells[from + field] as number;
  };
  if (mixed(out, into, cells, from)) {
    out[into + STEP_MIN] = Number.NEGATIVE_INFINITY;
    out[into + STEP_MAX] = Number.POSITIVE_INFINITY;
  } else {
    if ((cells[from + STEP_MIN] as number) < (out[into + STEP_MIN] as number)) take(STEP_MIN);
    if ((cells[from + STEP_MAX] as number) > (out[into + STEP_MAX] as number)) take(STEP_MAX);
  }
  for (const field of [COUNT, FINITE, SUM]) add(field);
  // Written so that a NaN bound (no finite value so far) is replaced.
  if (!((out[into + MIN] as number) <= (cells[from + MIN] as number)) && !Number.isNaN(cells[from + MIN])) take(MIN);
  if (!((out[into + MAX] as number) >= (cells[from + MAX] as number)) && !Number.isNaN(cells[from + MAX])) take(MAX);
  for (const field of [LAST, LAST_STEP, LAST_TS]) take(field);
}

/** True where one of the two has steps and the other has none. */
function mixed(out: Float64Array, into: number, cells: Float64Array, from: number): boolean {
  return Number.isNaN(out[into + STEP_MIN]) !== Number.isNaN(cells[from + STEP_MIN]);
}
