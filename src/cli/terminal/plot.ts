// A series as a plot of braille dots: two by four points a character, with the extremes written beside it.

import { shortNumber } from './number.js';
import { pad } from './text.js';

const BRAILLE = 0x2800;
/** Bit of each dot of a braille character, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export interface PlotSize {
  /** Cells. */
  readonly width: number;
  readonly height: number;
}

/** Lines of a plot of y over x, at most `size.width` cells wide; none when nothing is finite. */
export function plot(x: ArrayLike<number>, y: ArrayLike<number>, size: PlotSize): string[] {
  const points: [number, number][] = [];
  for (let at = 0; at < y.length; at += 1) {
    const value = y[at] as number;
    const position = x[at] as number;
    if (Number.isFinite(value) && Number.isFinite(position)) points.push([position, value]);
  }
  if (points.length === 0) return [];
  const vertical = extent(points, 1);
  const top = shortNumber(vertical.high);
  const bottom = shortNumber(vertical.low);
  const margin = Math.max(top.length, bottom.length);
  const width = size.width - margin - 2;
  if (width < 4) return [];
  const rows = draw(points, width, size.height, extent(points, 0), vertical);
  return rows.map((row, at) => {
    const label = at === 0 ? top : at === rows.length - 1 ? bottom : '';
    return `${pad(label, margin, 'end')} ┤${row}`;
  });
}

interface Extent {
  readonly low: number;
  readonly high: number;
}

function extent(points: readonly [number, number][], axis: 0 | 1): Extent {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    low = Math.min(low, point[axis]);
    high = Math.max(high, point[axis]);
  }
  return { low, high };
}

function draw(points: readonly [number, number][], width: number, height: number, across: Extent, up: Extent): string[] {
  const cells = new Uint8Array(width * height);
  const dot = (column: number, row: number): void => {
    const cell = (row >> 2) * width + (column >> 1);
    cells[cell] = (cells[cell] as number) | (DOTS[row & 3]?.[column & 1] as number);
  };
  let previous: Dot | undefined;
  for (const [x, y] of points) {
    const next = { column: place(x, across, width * 2), row: height * 4 - 1 - place(y, up, height * 4) };
    // A series that goes back (a restart) begins a new line.
    join(previous === undefined || next.column < previous.column ? next : previous, next, dot);
    previous = next;
  }
  return Array.from({ length: height }, (_, row) =>
    String.fromCharCode(...Array.from(cells.subarray(row * width, (row + 1) * width), (bits) => BRAILLE + bits)),
  );
}

interface Dot {
  readonly column: number;
  readonly row: number;
}

function join(from: Dot, to: Dot, dot: (column: number, row: number) => void): void {
  const steps = Math.max(1, Math.abs(to.column - from.column), Math.abs(to.row - from.row));
  for (let step = 0; step <= steps; step += 1) {
    const part = step / steps;
    dot(Math.round(from.column + (to.column - from.column) * part), Math.round(from.row + (to.row - from.row) * part));
  }
}

function place(value: number, { low, high }: Extent, steps: number): number {
  // Halved before subtracting: the span of two doubles can be past the largest one.
  const span = high / 2 - low / 2;
  if (!(span > 0)) return steps >> 1;
  return Math.min(steps - 1, Math.floor(((value / 2 - low / 2) / span) * (steps - 1) + 0.5));
}
