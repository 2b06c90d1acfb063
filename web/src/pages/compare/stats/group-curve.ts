// Curves of several runs as one: a mean with a band on the places that any of them has, and how many runs stand behind each place.

import type { Column } from '../../../charts/series/chart-series';
import { type BandKind, bandOf, meanOf } from './spread';

/** A run's curve; x ascending. */
export interface Curve {
  readonly x: Column;
  readonly y: Column;
}

export interface GroupCurve {
  readonly x: Float64Array;
  readonly mean: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Runs with a value at the place: their own, or one between two of their own. */
  readonly runs: Float64Array;
}

/** Places on the common axis: more than a chart has pixels tell nothing. */
const MOST_PLACES = 1_000;

/** Every place that a curve has, once; `most` at equal distances where there are more. */
export function commonPlaces(curves: readonly Curve[], most = MOST_PLACES): Float64Array {
  const all = Float64Array.from(curves.flatMap(({ x }) => Array.from(x))).sort();
  const places = all.filter((place, at) => Number.isFinite(place) && place !== all[at - 1]);
  if (places.length <= most) return places;
  const first = places[0] as number;
  const width = (places.at(-1) as number) - first;
  return Float64Array.from({ length: most }, (_, at) => first + (width * at) / (most - 1));
}

/**
 * A curve's values on other places (ascending), straight between its neighbours. Beyond its ends the outermost value stands as far as
 * the distance to its neighbour, for the next point was not due yet; farther out nothing is known of a run, and it is NaN, as beside a
 * value that is NaN or infinite.
 */
export function interpolate({ x, y }: Curve, places: Column): Float64Array {
  const out = new Float64Array(places.length).fill(Number.NaN);
  if (x.length === 0) return out;
  const last = x.length - 1;
  const [from, to] = [
    2 * (x[0] as number) - (x[Math.min(1, last)] as number),
    2 * (x[last] as number) - (x[Math.max(0, last - 1)] as number),
  ];
  let at = 0;
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as number;
    while (at < last && (x[at] as number) < place) at += 1;
    if (place >= from && place <= to) out[index] = between({ x, y }, at, place);
  }
  return out;
}

/** `at`: the first place of the curve that is not below, or its last. */
function between({ x, y }: Curve, at: number, place: number): number {
  const right = x[at] as number;
  const value = y[at] as number;
  if (at === 0 || right <= place) return finite(value);
  const left = x[at - 1] as number;
  const share = (place - left) / (right - left);
  return finite((y[at - 1] as number) * (1 - share) + value * share);
}

/** The mean of several curves with its band. */
export function groupCurve(curves: readonly Curve[], kind: BandKind, most = MOST_PLACES): GroupCurve {
  const x = commonPlaces(curves, most);
  const columns = curves.map((curve) => interpolate(curve, x));
  const mean = new Float64Array(x.length);
  const low = new Float64Array(x.length);
  const high = new Float64Array(x.length);
  const runs = new Float64Array(x.length);
  for (let at = 0; at < x.length; at++) {
    const values = columns.flatMap((column) => (Number.isNaN(column[at]) ? [] : [column[at] as number]));
    const band = bandOf(values, kind);
    mean[at] = meanOf(values);
    low[at] = band.low;
    high[at] = band.high;
    runs[at] = values.length;
  }
  return { x, mean, low, high, runs };
}

export interface RunsBehind {
  /** The first place at which so many runs stand behind the mean. */
  readonly from: number;
  readonly runs: number;
}

/** How many runs stand behind the mean, as stretches of the axis: one entry wherever the number changes. */
export function runsBehind({ x, runs }: Pick<GroupCurve, 'x' | 'runs'>): RunsBehind[] {
  const found: RunsBehind[] = [];
  for (let at = 0; at < x.length; at++) {
    if (at === 0 || runs[at] !== runs[at - 1]) found.push({ from: x[at] as number, runs: runs[at] as number });
  }
  return found;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
