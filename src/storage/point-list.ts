// Points of one incarnation of one series as growable columns: the open tail of a series, and what a chunk decodes to.

import type { PointColumns } from './store.js';

/** Columns start this small, so that a run with thousands of short series stays small too. */
const FIRST_CAPACITY = 32;

/** Points in columns; `length` entries of each are used. Missing step or epoch: NaN. */
export class PointList {
  length = 0;
  seq: Float64Array;
  step: Float64Array;
  epoch: Float64Array;
  ts: Float64Array;
  value: Float64Array;
  /** False once a seq was appended that is not above the one before it. */
  ascending = true;

  constructor(capacity = FIRST_CAPACITY) {
    this.seq = new Float64Array(capacity);
    this.step = new Float64Array(capacity);
    this.epoch = new Float64Array(capacity);
    this.ts = new Float64Array(capacity);
    this.value = new Float64Array(capacity);
  }

  /** Bytes that the columns hold, used or not. */
  get capacityBytes(): number {
    return this.seq.byteLength * 5;
  }

  push(seq: number, step: number, epoch: number, ts: number, value: number): void {
    const at = this.length;
    if (at === this.seq.length) this.#reserve(at + 1);
    if (at > 0 && !(seq > (this.seq[at - 1] as number))) this.ascending = false;
    this.seq[at] = seq;
    this.step[at] = step;
    this.epoch[at] = epoch;
    this.ts[at] = ts;
    this.value[at] = value;
    this.length = at + 1;
  }

  /** Appends entry `at` of a batch. */
  pushFrom(points: Omit<PointColumns, 'track' | 'length'>, at: number): void {
    this.push(
      points.seq[at] as number,
      points.step[at] as number,
      points.epoch[at] as number,
      points.ts[at] as number,
      points.value[at] as number,
    );
  }

  append(other: PointList): void {
    if (other.length === 0) return;
    const at = this.length;
    const joins = at === 0 || (other.seq[0] as number) > (this.seq[at - 1] as number);
    this.#reserve(at + other.length);
    this.seq.set(other.seq.subarray(0, other.length), at);
    this.step.set(other.step.subarray(0, other.length), at);
    this.epoch.set(other.epoch.subarray(0, other.length), at);
    this.ts.set(other.ts.subarray(0, other.length), at);
    this.value.set(other.value.subarray(0, other.length), at);
    this.length = at + other.length;
    this.ascending = this.ascending && other.ascending && joins;
  }

  /** A copy of entries [from, to), which later appends do not touch. */
  slice(from: number, to: number): PointList {
    const out = new PointList(0);
    out.length = to - from;
    out.seq = this.seq.slice(from, to);
    out.step = this.step.slice(from, to);
    out.epoch = this.epoch.slice(from, to);
    out.ts = this.ts.slice(from, to);
    out.value = this.value.slice(from, to);
    out.ascending = this.ascending;
    return out;
  }

  clear(): void {
    this.length = 0;
    this.ascending = true;
  }

  /** Empty again, and small. */
  release(): void {
    const fresh = new PointList();
    this.seq = fresh.seq;
    this.step = fresh.step;
    this.epoch = fresh.epoch;
    this.ts = fresh.ts;
    this.value = fresh.value;
    this.clear();
  }

  /** The same points by ascending seq, each seq once (the first one appended stays). Returns itself when it is so already. */
  sorted(): PointList {
    if (this.ascending) return this;
    const order = Array.from({ length: this.length }, (_, at) => at);
    order.sort((a, b) => (this.seq[a] as number) - (this.seq[b] as number) || a - b);
    const out = new PointList(this.length);
    for (const at of order) {
      if (out.length === 0 || out.seq[out.length - 1] !== this.seq[at]) out.pushFrom(this, at);
    }
    return out;
  }

  #reserve(needed: number): void {
    if (needed <= this.seq.length) return;
    const capacity = Math.max(FIRST_CAPACITY, this.seq.length * 2, needed);
    this.seq = grown(this.seq, capacity);
    this.step = grown(this.step, capacity);
    this.epoch = grown(this.epoch, capacity);
    this.ts = grown(this.ts, capacity);
    this.value = grown(this.value, capacity);
  }
}

function grown(column: Float64Array, capacity: number): Float64Array {
  const out = new Float64Array(capacity);
  out.set(column);
  return out;
}
