// Marks of a run, which know their time and mostly their step, at their places on any axis.

import type { Mark } from '../../api/types';
import type { ChartAxis, ChartMark, Column } from './chart-series';
import { lowerBound } from './nearest';

const MICROS = 1_000_000;

/** What a curve tells about when it was where: `ts` in µs, ascending, and the place on the axis. */
export interface Anchors {
  readonly ts: Column;
  readonly x: Column;
}

/** `origin`: when the run began, µs. A mark whose place cannot be told (no step, and no curve that says when it was where) is left out. */
export function placeMarks(marks: readonly Mark[], axis: ChartAxis, origin: number, anchors: Anchors): ChartMark[] {
  return marks.flatMap((mark) => {
    const x = placeOf(mark, axis, origin, anchors);
    return x === null ? [] : { kind: mark.kind, title: mark.title, x };
  });
}

function placeOf({ step, ts }: Mark, axis: ChartAxis, origin: number, anchors: Anchors): number | null {
  if (axis === 'time') return ts / MICROS;
  if (axis === 'relative') return (ts - origin) / MICROS;
  if (axis === 'step' && step !== null) return step;
  return between(anchors, ts);
}

/** Between the places known before and after; those at the ends for what was earlier or later than all. */
function between({ ts, x }: Anchors, at: number): number | null {
  if (ts.length === 0) return null;
  const after = lowerBound(ts, at);
  if (after === 0) return x[0] as number;
  if (after === ts.length) return x[ts.length - 1] as number;
  const [t0, t1] = [ts[after - 1] as number, ts[after] as number];
  const [x0, x1] = [x[after - 1] as number, x[after] as number];
  return t1 === t0 ? x1 : x0 + ((x1 - x0) * (at - t0)) / (t1 - t0);
}
