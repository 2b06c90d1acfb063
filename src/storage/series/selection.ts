// Which points of one incarnation a read wants: judged by their summaries where those tell, else point by point.

import type { PointList } from '../points/point-list.js';
import type { SeriesAxis, SeriesQuery } from './series.js';
import { FIELDS, FIRST_TS, LAST_TS, STEP_MAX, STEP_MIN } from './summary.js';

export interface Selection {
  readonly axis: SeriesAxis;
  /** True where a point needs a place on the axis, within both bounds. */
  readonly placed: boolean;
  readonly from: number;
  readonly to: number;
  /** Points with this step or a higher one were superseded; Infinity: none. */
  readonly supersededFrom: number;
  /** Which of the two are wanted. */
  readonly superseded: boolean;
}

/** How summarised points lie to a selection. */
export type Cover = 'inside' | 'outside' | 'cut';

export function selectionOf(query: SeriesQuery, supersededFrom: number, superseded: boolean): Selection {
  const from = query.range?.from ?? Number.NEGATIVE_INFINITY;
  const to = query.range?.to ?? Number.POSITIVE_INFINITY;
  const bounded = from !== Number.NEGATIVE_INFINITY || to !== Number.POSITIVE_INFINITY;
  return { axis: query.by ?? 'step', placed: bounded || query.by !== undefined, from, to, supersededFrom, superseded };
}

/** How summaries of points lie to the selection, all together. */
export function coverOf(cells: Float64Array, selection: Selection): Cover {
  let cover: Cover | undefined;
  for (let start = 0; start < cells.length; start += FIELDS) {
    const one = cellCover(cells, start, selection);
    if (one === 'cut' || (cover !== undefined && cover !== one)) return 'cut';
    cover = one;
  }
  return cover ?? 'outside';
}

function cellCover(cells: Float64Array, start: number, selection: Selection): Cover {
  const share = shareCover(cells, start, selection);
  if (share === 'outside' || !selection.placed) return share;
  const place = placeCover(cells, start, selection);
  return place === 'inside' ? share : place;
}

function shareCover(cells: Float64Array, start: number, { supersededFrom, superseded }: Selection): Cover {
  const min = cells[start + STEP_MIN] as number;
  const max = cells[start + STEP_MAX] as number;
  if (supersededFrom === Number.POSITIVE_INFINITY || Number.isNaN(min) || max < supersededFrom) return superseded ? 'outside' : 'inside';
  if (min >= supersededFrom) return superseded ? 'inside' : 'outside';
  return 'cut';
}

function placeCover(cells: Float64Array, start: number, { axis, from, to }: Selection): Cover {
  if (axis === 'epoch') return 'cut';
  const min = cells[start + (axis === 'step' ? STEP_MIN : FIRST_TS)] as number;
  const max = cells[start + (axis === 'step' ? STEP_MAX : LAST_TS)] as number;
  if (Number.isNaN(min)) return 'outside';
  // The clock was set back on the way; or some points have no step.
  if (min > max || min === Number.NEGATIVE_INFINITY) return 'cut';
  if (min >= from && max <= to) return 'inside';
  return max < from || min > to ? 'outside' : 'cut';
}

/** The points of the selection; the list itself where it takes them all unseen. */
export function selectFrom(points: PointList, selection: Selection, into: PointList): PointList {
  const { placed, from, to, supersededFrom, superseded } = selection;
  if (!placed && !superseded && supersededFrom === Number.POSITIVE_INFINITY) return points;
  const { step } = points;
  const place = columnOf(points, selection.axis);
  for (let at = 0; at < points.length; at++) {
    if ((step[at] as number) >= supersededFrom !== superseded) continue;
    const x = place[at] as number;
    if (!placed || (x >= from && x <= to)) into.pushFrom(points, at);
  }
  return into;
}

/** Where the points lie on the axis. */
export function columnOf(points: Pick<PointList, 'step' | 'epoch' | 'ts'>, axis: SeriesAxis): Float64Array {
  if (axis === 'step') return points.step;
  return axis === 'epoch' ? points.epoch : points.ts;
}
