// Points of one commit as growing columns: appending allocates nothing, and the arrays go to the storage thread whole.

import type { PointColumns } from '../storage/store.js';

const SMALLEST = 256;

interface Columns {
  track: Uint32Array;
  seq: Float64Array;
  step: Float64Array;
  epoch: Float64Array;
  ts: Float64Array;
  value: Float64Array;
}

function allocate(capacity: number): Columns {
  return {
    track: new Uint32Array(capacity),
    seq: new Float64Array(capacity),
    step: new Float64Array(capacity),
    epoch: new Float64Array(capacity),
    ts: new Float64Array(capacity),
    value: new Float64Array(capacity),
  };
}

function grow(old: Columns): Columns {
  const columns = allocate(old.track.length * 2);
  columns.track.set(old.track);
  columns.seq.set(old.seq);
  columns.step.set(old.step);
  columns.epoch.set(old.epoch);
  columns.ts.set(old.ts);
  columns.value.set(old.value);
  return columns;
}

/** Columns that grow by doubling; `take` hands them over and starts anew. */
export class PointBuffer {
  length = 0;
  private columns = allocate(SMALLEST);
  private capacity = SMALLEST;

  /** Appends one point. A missing step or epoch is kept as NaN. */
  push(track: number, seq: number, ts: number, value: number, step: number | undefined, epoch: number | undefined): void {
    if (this.length === this.capacity) {
      this.columns = grow(this.columns);
      this.capacity *= 2;
    }
    const at = this.length;
    this.length = at + 1;
    const columns = this.columns;
    columns.track[at] = track;
    columns.seq[at] = seq;
    columns.ts[at] = ts;
    columns.value[at] = value;
    columns.step[at] = step === undefined ? Number.NaN : step;
    columns.epoch[at] = epoch === undefined ? Number.NaN : epoch;
  }

  /** Takes the points of these tracks out. */
  remove(tracks: ReadonlySet<number>): void {
    const { track, seq, ts, value, step, epoch } = this.columns;
    let kept = 0;
    for (let at = 0; at < this.length; at++) {
      if (tracks.has(track[at] as number)) continue;
      if (kept < at) {
        track[kept] = track[at] as number;
        for (const column of [seq, ts, value, step, epoch]) column[kept] = column[at] as number;
      }
      kept += 1;
    }
    this.length = kept;
  }

  /** The points so far; the buffer no longer owns them. The next ones are expected to be about as many. */
  take(): PointColumns {
    const taken = { length: this.length, ...this.columns };
    this.capacity = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(this.length + 1)));
    this.columns = allocate(this.capacity);
    this.length = 0;
    return taken;
  }
}
