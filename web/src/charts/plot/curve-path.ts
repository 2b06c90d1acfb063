// From columns to outlines: the line of a curve and the band of its envelope, for a canvas and for SVG alike.

import type { Column } from '../series/chart-series';

/** What takes an outline: a Path2D, or the writer of an SVG path. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
}

/** From values to pixels; NaN for what has no place (0 on a log scale). */
export interface Projection {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** The places to draw, `end` exclusive, and where the line is cut: ascending values of x. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
  readonly cuts: Column;
}

/** Draws the line; a value without a place breaks it, and so does a cut. A single point between two breaks gets a dot of 1 px. */
export function traceLine(pen: Pen, x: Column, values: Column, stretch: Stretch, to: Projection): void {
  for (const [first, end] of pieces(x, values, stretch, to)) {
    const left = to.x(x[first] as number);
    const top = to.y(values[first] as number);
    pen.moveTo(left, top);
    if (end === first + 1) pen.lineTo(left + 1, top);
    for (let at = first + 1; at < end; at++) pen.lineTo(to.x(x[at] as number), to.y(values[at] as number));
  }
}

/** Draws the area between `min` and `max`, one closed outline for each piece. */
export function traceBand(pen: Pen, x: Column, min: Column, max: Column, stretch: Stretch, to: Projection): void {
  for (const [first, end] of pieces(x, max, stretch, to)) {
    if (end === first + 1) continue;
    pen.moveTo(to.x(x[first] as number), to.y(max[first] as number));
    for (let at = first + 1; at < end; at++) pen.lineTo(to.x(x[at] as number), to.y(max[at] as number));
    for (let at = end - 1; at >= first; at--) {
      const low = to.y(min[at] as number);
      // On a log scale the lower edge may have no place; the band then ends at the line of its upper edge.
      pen.lineTo(to.x(x[at] as number), Number.isNaN(low) ? to.y(max[at] as number) : low);
    }
    pen.closePath();
  }
}

/** Stretches of consecutive places that a line may join: [first, end). */
function pieces(x: Column, values: Column, { first, end, cuts }: Stretch, to: Projection): [number, number][] {
  const found: [number, number][] = [];
  let start = -1;
  let cut = 0;
  for (let at = first; at < end; at++) {
    const drawable = Number.isFinite(to.y(values[at] as number)) && Number.isFinite(to.x(x[at] as number));
    let isCut = false;
    while (cut < cuts.length && (cuts[cut] as number) <= (x[at] as number)) {
      isCut = start >= 0;
      cut += 1;
    }
    if (start >= 0 && (isCut || !drawable)) {
      found.push([start, at]);
      start = -1;
    }
    if (drawable && start < 0) start = at;
  }
  if (start >= 0) found.push([start, end]);
  return found;
}
