// What a run of consecutive points is worth without its points: count, extremes, ends. Cells, tails and buckets are made of it.

import type { PointList } from '../points/point-list.js';

/** Points per cell: a chunk of 1,024 points has eight summaries. */
export const CELL_POINTS = 128;

/** Numbers in one summary, and where each stands; part of the disk format (docs/format/chunk.md). */
export const FIELDS = 13;
export const COUNT = 0;
/** Points whose value is finite. */
export const FINITE = 1;
export const MIN = 2;
export const MAX = 3;
export const SUM = 4;
export const FIRST = 5;
export const LAST = 6;
export const FIRST_STEP = 7;
export const LAST_STEP = 8;
/** Smallest and largest step; NaN where no point has one, -Infinity and Infinity where only some have. */
export const STEP_MIN = 9;
export const STEP_MAX = 10;
export const FIRST_TS = 11;
export const LAST_TS = 12;

/** Summaries one after another, FIELDS numbers each. */
export class SummaryList {
  length = 0;
  data: Float64Array;

  constructor(capacity = 8) {
    this.data = new Float64Array(capacity * FIELDS);
  }

  /** Appends summaries as they were stored. */
  appendData(stored: Float64Array): void {
    const count = Math.floor(stored.length / FIELDS);
    const start = this.length * FIELDS;
    this.#reserve(this.length + count);
    this.data.set(stored.subarray(0, count * FIELDS), start);
    this.length += count;
  }

  /** Summarises points[from, to), to > from. */
  appendPoints(points: PointList, from: number, to: number): void {
    this.#reserve(this.length + 1);
    const start = this.length * FIELDS;
    this.length += 1;
    const data = this.data;
    writeValues(data, start, points.value, from, to);
    writeSteps(data, start, points.step, from, to);
    data[start + FIRST_TS] = points.ts[from] as number;
    data[start + LAST_TS] = points.ts[to - 1] as number;
  }

  /** Summarises the points in cells of CELL_POINTS. */
  appendCells(points: PointList): void {
    for (let from = 0; from < points.length; from += CELL_POINTS) {
      this.appendPoints(points, from, Math.min(from + CELL_POINTS, points.length));
    }
  }

  /** Exactly the numbers used. */
  packed(): Float64Array {
    return this.data.slice(0, this.length * FIELDS);
  }

  #reserve(summaries: number): void {
    if (summaries * FIELDS <= this.data.length) return;
    const grown = new Float64Array(Math.max(this.data.length * 2, summaries * FIELDS));
    grown.set(this.data);
    this.data = grown;
  }
}

function writeValues(data: Float64Array, start: number, value: Float64Array, from: number, to: number): void {
  let finite = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let at = from; at < to; at++) {
    const v = value[at] as number;
    if (v - v !== 0) continue;
    finite += 1;
    sum += v;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  data[start + COUNT] = to - from;
  data[start + FINITE] = finite;
  data[start + MIN] = finite === 0 ? Number.NaN : min;
  data[start + MAX] = finite === 0 ? Number.NaN : max;
  data[start + SUM] = sum;
  data[start + FIRST] = value[from] as number;
  data[start + LAST] = value[to - 1] as number;
}

function writeSteps(data: Float64Array, start: number, step: Float64Array, from: number, to: number): void {
  let present = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let at = from; at < to; at++) {
    const s = step[at] as number;
    if (Number.isNaN(s)) continue;
    present += 1;
    if (s < min) min = s;
    if (s > max) max = s;
  }
  data[start + FIRST_STEP] = step[from] as number;
  data[start + LAST_STEP] = step[to - 1] as number;
  data[start + STEP_MIN] = stepBound(present, to - from, min, Number.NEGATIVE_INFINITY);
  data[start + STEP_MAX] = stepBound(present, to - from, max, Number.POSITIVE_INFINITY);
}

function stepBound(present: number, count: number, bound: number, whereSomeLack: number): number {
  if (present === 0) return Number.NaN;
  return present === count ? bound : whereSomeLack;
}
