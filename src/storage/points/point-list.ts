// Points of one incarnation of one series as growable columns: the open tail of a series, and what a chunk decodes to.

import type { PointColumns } from '../series/series.js';

/** Columns start this small … */
const FIRST_CAPACITY = 32;
/** … and so many points need none: a run of a hundred thousand series of a point each would hold little but empty columns. */
const FEW = 4;
/** Numbers of a point. */
const WIDTH = 5;

interface Columns {
  readonly seq: Float64Array;
  readonly step: Float64Array;
  readonly epoch: Float64Array;
  readonly ts: Float64Array;
  readonly value: Float64Array;
}

/** Points in columns; `length` entries of each are used. Missing step or epoch: NaN. */
export class PointList {
  length = 0;
  /** False once a seq was appended that is not above the one before it. */
  ascending = true;
  /** Undefined while the few points there are lie in `few`, one behind the other. */
  #columns: Columns | undefined;
  #few: number[] = [];

  /** `capacity`: points that are expected; 0: few. */
  constructor(capacity = 0) {
    if (capacity > 0) this.#columns = allocate(capacity);
  }

  get seq(): Float64Array {
    return this.#spread().seq;
  }

  get step(): Float64Array {
    return this.#spread().step;
  }

  get epoch(): Float64Array {
    return this.#spread().epoch;
  }

  get ts(): Float64Array {
    return this.#spread().ts;
  }

  get value(): Float64Array {
    return this.#spread().value;
  }

  /** Bytes that the points take, and the room kept for more. */
  get capacityBytes(): number {
    return (this.#columns === undefined ? this.#few.length : this.#columns.seq.length * WIDTH) * 8;
  }

  push(seq: number, step: number, epoch: number, ts: number, value: number): void {
    const at = this.length;
    if (this.#columns === undefined && at < FEW) {
      if (at > 0 && !(seq > (this.#few[(at - 1) * WIDTH] as number))) this.ascending = false;
      this.#few = [...this.#few, seq, step, epoch, ts, value];
      this.length = at + 1;
      return;
    }
    const columns = this.#reserve(at + 1);
    if (at > 0 && !(seq > (columns.seq[at - 1] as number))) this.ascending = false;
    columns.seq[at] = seq;
    columns.step[at] = step;
    columns.epoch[at] = epoch;
    columns.ts[at] = ts;
    columns.value[at] = value;
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
    const from = other.#spread();
    const to = this.#reserve(at + other.length);
    const joins = at === 0 || (from.seq[0] as number) > (to.seq[at - 1] as number);
    to.seq.set(from.seq.subarray(0, other.length), at);
    to.step.set(from.step.subarray(0, other.length), at);
    to.epoch.set(from.epoch.subarray(0, other.length), at);
    to.ts.set(from.ts.subarray(0, other.length), at);
    to.value.set(from.value.subarray(0, other.length), at);
    this.length = at + other.length;
    this.ascending = this.ascending && other.ascending && joins;
  }

  /** A copy of entries [from, to), which later appends do not touch. */
  slice(from: number, to: number): PointList {
    const out = new PointList();
    const { seq, step, epoch, ts, value } = this.#view();
    out.length = to - from;
    out.#columns = {
      seq: seq.slice(from, to),
      step: step.slice(from, to),
      epoch: epoch.slice(from, to),
      ts: ts.slice(from, to),
      value: value.slice(from, to),
    };
    out.ascending = this.ascending;
    return out;
  }

  clear(): void {
    this.length = 0;
    this.#few = [];
    this.ascending = true;
  }

  /** Empty again, and small. */
  release(): void {
    this.#columns = undefined;
    this.clear();
  }

  /** The same points by ascending seq, each seq once (the first one appended stays). Returns itself, or a copy of the few, when they are so already. */
  sorted(): PointList {
    if (this.ascending) return this.#columns === undefined ? this.slice(0, this.length) : this;
    const { seq, step, epoch, ts, value } = this.#view();
    const order = Array.from({ length: this.length }, (_, at) => at);
    order.sort((a, b) => (seq[a] as number) - (seq[b] as number) || a - b);
    const out = new PointList(this.length);
    for (const at of order) {
      if (out.length === 0 || out.seq[out.length - 1] !== seq[at]) out.pushFrom({ seq, step, epoch, ts, value }, at);
    }
    return out;
  }

  #reserve(needed: number): Columns {
    const columns = this.#spread();
    if (needed <= columns.seq.length) return columns;
    const capacity = Math.max(FIRST_CAPACITY, columns.seq.length * 2, needed);
    this.#columns = {
      seq: grown(columns.seq, capacity),
      step: grown(columns.step, capacity),
      epoch: grown(columns.epoch, capacity),
      ts: grown(columns.ts, capacity),
      value: grown(columns.value, capacity),
    };
    return this.#columns;
  }

  /** The columns; the few lie in them from now on. */
  #spread(): Columns {
    if (this.#columns === undefined) {
      this.#columns = this.#view();
      this.#few = [];
    }
    return this.#columns;
  }

  /** The columns, or what they would be. */
  #view(): Columns {
    if (this.#columns !== undefined) return this.#columns;
    const columns = allocate(this.length);
    for (let at = 0; at < this.length; at++) {
      columns.seq[at] = this.#few[at * WIDTH] as number;
      columns.step[at] = this.#few[at * WIDTH + 1] as number;
      columns.epoch[at] = this.#few[at * WIDTH + 2] as number;
      columns.ts[at] = this.#few[at * WIDTH + 3] as number;
      columns.value[at] = this.#few[at * WIDTH + 4] as number;
    }
    return columns;
  }
}

function allocate(capacity: number): Columns {
  return {
    seq: new Float64Array(capacity),
    step: new Float64Array(capacity),
    epoch: new Float64Array(capacity),
    ts: new Float64Array(capacity),
    value: new Float64Array(capacity),
  };
}

function grown(column: Float64Array, capacity: number): Float64Array {
  const out = new Float64Array(capacity);
  out.set(column);
  return out;
}
