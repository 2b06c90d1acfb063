// Series as a plot with axes. What lies between the lowest and the highest value of a bucket is drawn, so that a spike shows.

import { BrailleCanvas, type Dot } from './braille.js';
import { shortNumber } from './number.js';
import type { Paint } from './styled.js';
import { pad, textWidth } from './text.js';

/** Points or buckets of one series. */
export interface PlotLine {
  readonly x: ArrayLike<number>;
  /** Where each bucket ends; left out: where it begins. */
  readonly end?: ArrayLike<number>;
  readonly first: ArrayLike<number>;
  readonly last: ArrayLike<number>;
  readonly min: ArrayLike<number>;
  readonly max: ArrayLike<number>;
  readonly paint?: Paint;
}

export interface PlotOptions {
  /** Cells; the axis below takes two lines more. */
  readonly width: number;
  readonly height: number;
  /** Name of the axis. */
  readonly axis: string;
  readonly labelOf?: (x: number) => string;
}

/** Narrower than this, in cells, it would show nothing. */
const NARROWEST = 4;

/** Lines of the plot, none wider than `width` cells; none at all when nothing is finite. */
export function plot(lines: readonly PlotLine[], { width, height, axis, labelOf = shortNumber }: PlotOptions): string[] {
  const across = new Extent();
  const up = new Extent();
  for (const line of lines) addTo(across, up, line);
  if (across.isEmpty || up.isEmpty) return [];
  const labels = [up.high, up.high / 2 + up.low / 2, up.low].map(shortNumber);
  const margin = Math.max(textWidth(axis), ...labels.map(textWidth));
  const inner = width - margin - 2;
  if (inner < NARROWEST) return [];
  const canvas = new BrailleCanvas(inner, height);
  for (const line of lines) draw(canvas, line, across, up);
  const rows = canvas.lines().map((row, at) => {
    const label = labelAt(labels, at, height);
    return `${pad(label, margin, 'end')} ${label === '' ? '│' : '┤'}${row}`;
  });
  const ticks = ticksOf(across, inner, labelOf);
  const bar = Array.from({ length: inner }, (_, at) => (ticks.some(({ column }) => column === at) ? '┬' : '─')).join('');
  return [...rows, `${' '.repeat(margin)} └${bar}`, `${pad(axis, margin, 'end')}  ${written(ticks, inner)}`.trimEnd()];
}

/** Lowest and highest finite number seen. */
class Extent {
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    return this.low > this.high;
  }

  add(value: number): void {
    if (!Number.isFinite(value)) return;
    this.low = Math.min(this.low, value);
    this.high = Math.max(this.high, value);
  }

  /** Which of so many places the value takes. */
  place(value: number, places: number): number {
    // Halved before subtracting: the span of two doubles can be past the largest one.
    const span = this.high / 2 - this.low / 2;
    if (!(span > 0)) return places >> 1;
    return Math.min(places - 1, Math.floor(((value / 2 - this.low / 2) / span) * (places - 1) + 0.5));
  }
}

function addTo(across: Extent, up: Extent, { x, end = x, min, max }: PlotLine): void {
  for (let at = 0; at < x.length; at++) {
    if (!Number.isFinite(x[at]) || !Number.isFinite(min[at])) continue;
    across.add(x[at] as number);
    across.add(end[at] as number);
    up.add(min[at] as number);
    up.add(max[at] as number);
  }
}

/** A value that is not finite leaves a gap; a series that goes back begins anew. */
function draw(canvas: BrailleCanvas, line: PlotLine, across: Extent, up: Extent): void {
  let previous: Dot | undefined;
  for (let at = 0; at < line.x.length; at++) {
    const x = line.x[at] as number;
    const min = line.min[at] as number;
    if (!Number.isFinite(x) || !Number.isFinite(min)) {
      previous = undefined;
      continue;
    }
    const dot = (place: number, value = min): Dot => ({
      column: across.place(place, canvas.columns),
      row: canvas.rows - 1 - up.place(Number.isFinite(value) ? value : min, canvas.rows),
    });
    const begin = dot(x, line.first[at]);
    if (previous !== undefined && previous.column <= begin.column) canvas.line(previous, begin, line.paint);
    canvas.line(dot(x), dot(x, line.max[at]), line.paint);
    previous = dot(line.end?.[at] ?? x, line.last[at]);
    canvas.line(begin, previous, line.paint);
  }
}

function labelAt([top = '', middle = '', bottom = '']: readonly string[], row: number, height: number): string {
  if (row === 0) return top;
  if (row === height - 1) return bottom;
  return height % 2 === 1 && height >= 5 && row === (height - 1) / 2 ? middle : '';
}

interface Tick {
  readonly column: number;
  readonly label: string;
  /** Where the label begins. */
  readonly from: number;
}

/** At both ends, and in the middle where there is room. */
function ticksOf({ low, high }: Extent, width: number, labelOf: (x: number) => string): Tick[] {
  const first = { column: 0, label: labelOf(low), from: 0 };
  if (low === high) return [{ ...first, column: width >> 1, from: Math.max(0, (width >> 1) - (textWidth(first.label) >> 1)) }];
  const end = labelOf(high);
  const last = { column: width - 1, label: end, from: width - textWidth(end) };
  if (last.from <= textWidth(first.label)) return [first];
  const label = labelOf(low / 2 + high / 2);
  const column = (width - 1) >> 1;
  const middle = { column, label, from: column - (textWidth(label) >> 1) };
  const fits = middle.from > textWidth(first.label) + 1 && middle.from + textWidth(label) < last.from - 1;
  return fits ? [first, middle, last] : [first, last];
}

function written(ticks: readonly Tick[], width: number): string {
  let line = '';
  for (const { label, from } of ticks) line += ' '.repeat(Math.max(0, from - textWidth(line))) + label;
  return pad(line, width);
}
