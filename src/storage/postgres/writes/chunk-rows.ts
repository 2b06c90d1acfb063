// Points on their way into `chunks` and `tails`: the columns of many rows as a few arrays, which the statements slice apart again.

import type { PointList } from '../../points/point-list.js';
import { CELL_POINTS, FIELDS, SummaryList } from '../../series/summary.js';
import { FloatArray, int4Array, int8Array } from './arrays.js';

/** 1-based place of a row's points in a shared array; 0: the row has no such column. */
interface Places {
  readonly seq: number[];
  readonly step: number[];
  readonly epoch: number[];
}

/** Rows of `tails`; and, with summaries, of `chunks`. */
export class PointRows {
  readonly run: number[] = [];
  readonly track: number[] = [];
  readonly count: number[] = [];
  readonly #at: Places = { seq: [], step: [], epoch: [] };
  readonly #seq = new FloatArray();
  readonly #step = new FloatArray();
  readonly #epoch = new FloatArray();
  readonly #ts = new FloatArray();
  readonly #value = new FloatArray();

  get length(): number {
    return this.run.length;
  }

  /** One row. `points`: by ascending seq, at least one. */
  add(run: number, track: number, points: PointList): void {
    const { length } = points;
    this.run.push(run);
    this.track.push(track);
    this.count.push(length);
    this.#at.seq.push(this.#seq.length + 1);
    this.#seq.append(points.seq, length);
    this.#ts.append(points.ts, length);
    this.#value.append(points.value, length);
    this.#at.step.push(appendPresent(this.#step, points.step, length));
    this.#at.epoch.push(appendPresent(this.#epoch, points.epoch, length));
  }

  /** run, track, count, three places, seq, step, epoch, ts, value. */
  params(): Buffer[] {
    const { seq, step, epoch } = this.#at;
    return [
      int8Array(this.run),
      ...[this.track, this.count, seq, step, epoch].map(int4Array),
      ...[this.#seq, this.#step, this.#epoch, this.#ts, this.#value].map((column) => column.param()),
    ];
  }
}

/** Sealed chunks. */
export class ChunkRows {
  readonly points = new PointRows();
  readonly #number: number[] = [];
  readonly #cellCount: number[] = [];
  readonly #cellAt: number[] = [];
  readonly #cells = new FloatArray();
  /** first_seq, last_seq and the summary of all points: 15 numbers a row. */
  readonly #summaries = new FloatArray(64);

  get length(): number {
    return this.points.length;
  }

  add(run: number, number: number, track: number, points: PointList): void {
    this.points.add(run, track, points);
    this.#number.push(number);
    const last = points.length - 1;
    const whole = new SummaryList(1);
    whole.appendPoints(points, 0, points.length);
    this.#summaries.push(points.seq[0] as number);
    this.#summaries.push(points.seq[last] as number);
    this.#summaries.append(whole.data, FIELDS);
    const cells = new SummaryList(Math.ceil(points.length / CELL_POINTS));
    cells.appendCells(points);
    const packed = cells.packed();
    this.#cellAt.push(this.#cells.length + 1);
    this.#cellCount.push(packed.length);
    this.#cells.append(packed, packed.length);
  }

  /** Those of PointRows, then number, place and length of the cells, summaries, cells. */
  params(): Buffer[] {
    return [
      ...this.points.params(),
      int8Array(this.#number),
      ...[this.#cellAt, this.#cellCount].map(int4Array),
      this.#summaries.param(),
      this.#cells.param(),
    ];
  }
}

/** Appends a column unless nothing of it is there; returns its place. */
function appendPresent(column: FloatArray, values: Float64Array, length: number): number {
  for (let at = 0; at < length; at++) {
    if (Number.isNaN(values[at])) continue;
    const place = column.length + 1;
    column.append(values, length);
    return place;
  }
  return 0;
}
