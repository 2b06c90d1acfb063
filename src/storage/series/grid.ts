// Equal stretches of an axis, the same for every series of an answer, and which of them points and summaries fall into.

import type { PointList } from '../points/point-list.js';
import { columnOf } from './selection.js';
import type { SeriesAxis } from './series.js';
import { FIELDS, FIRST_TS, LAST_TS, STEP_MAX, STEP_MIN, SummaryList } from './summary.js';

/** Lowest and highest place on the axis; from > to: nothing has one. */
export class Extent {
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;
  readonly axis: SeriesAxis;

  constructor(axis: SeriesAxis) {
    this.axis = axis;
  }

  addPoints(points: PointList): void {
    const place = columnOf(points, this.axis);
    for (let at = 0; at < points.length; at++) {
      const x = place[at] as number;
      if (x < this.from) this.from = x;
      if (x > this.to) this.to = x;
    }
  }

  /** Summaries of points that all have a place. */
  addCells(cells: Float64Array): void {
    for (let start = 0; start < cells.length; start += FIELDS) {
      this.from = Math.min(this.from, lowest(cells, start, this.axis));
      this.to = Math.max(this.to, highest(cells, start, this.axis));
    }
  }
}

export class Grid {
  readonly axis: SeriesAxis;
  readonly from: number;
  /** Length of a stretch. */
  readonly width: number;
  readonly count: number;

  constructor({ axis, from, to }: Extent, count: number) {
    this.axis = axis;
    this.from = from;
    this.width = (to - from) / count;
    this.count = count;
  }

  /** The stretch that holds this place of the extent. */
  stretchOf(x: number): number {
    const stretch = Math.floor((x - this.from) / this.width);
    // No width (all at one place): NaN. The end of the extent belongs to the last stretch.
    return stretch > 0 ? Math.min(stretch, this.count - 1) : 0;
  }

  /** How many stretches the points of one summary span, if not whole ones. */
  stretchesIn(cells: Float64Array): number {
    return (highest(cells, 0, this.axis) - lowest(cells, 0, this.axis)) / this.width;
  }

  /** False where some summary spans more than a stretch, so that its points have to be looked at. */
  resolves(cells: Float64Array): boolean {
    for (let start = 0; start < cells.length; start += FIELDS) {
      if (highest(cells, start, this.axis) - lowest(cells, start, this.axis) > this.width) return false;
    }
    return true;
  }
}

/** Summaries, each with its stretch of the grid. */
export class PlacedUnits {
  readonly units: SummaryList;
  readonly grid: Grid;
  readonly stretches: number[] = [];

  constructor(grid: Grid, capacity: number) {
    this.grid = grid;
    this.units = new SummaryList(capacity);
  }

  /** A summary goes whole where its lowest place lies. */
  addCells(cells: Float64Array): void {
    this.units.appendData(cells);
    for (let start = 0; start < cells.length; start += FIELDS) {
      this.stretches.push(this.grid.stretchOf(lowest(cells, start, this.grid.axis)));
    }
  }

  addPoints(points: PointList): void {
    const place = columnOf(points, this.grid.axis);
    for (let from = 0; from < points.length; ) {
      const stretch = this.grid.stretchOf(place[from] as number);
      let to = from + 1;
      while (to < points.length && this.grid.stretchOf(place[to] as number) === stretch) to++;
      this.units.appendPoints(points, from, to);
      this.stretches.push(stretch);
      from = to;
    }
  }
}

function lowest(cells: Float64Array, start: number, axis: SeriesAxis): number {
  return cells[start + (axis === 'step' ? STEP_MIN : FIRST_TS)] as number;
}

function highest(cells: Float64Array, start: number, axis: SeriesAxis): number {
  return cells[start + (axis === 'step' ? STEP_MAX : LAST_TS)] as number;
}
