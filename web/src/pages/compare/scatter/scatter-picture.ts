// A scatter as a picture: a dot a run, by two quantities and coloured by a third, with the line that fits them.

import { plural } from '../../../components/format';
import { rampColour } from '../draw/colour-ramp';
import { type Datum, placeOf, type Scale, scaleOf, ticksOf } from '../draw/scale';
import { fitted, type Ink, type Picture, type Place, type Shape } from '../draw/shapes';
import { isLog } from '../parallel/axes';
import type { Quantity } from '../quantities';
import { type Correlation, correlationOf, lineThrough, type Pair, strengthOf } from '../stats/correlation';

export interface ScatterDot extends Place {
  readonly runId: string;
  readonly colour: string;
}

export interface ScatterRun {
  readonly runId: string;
  /** Where nothing colours it. */
  readonly colour: string;
}

export interface ScatterOptions {
  readonly x: Quantity;
  readonly y: Quantity;
  readonly colour: Quantity | undefined;
  /** In the order of the values; null: not drawn. */
  readonly runs: readonly (ScatterRun | null)[];
  readonly flippedLogs: readonly string[];
  readonly highlighted: string | null;
  readonly width: number;
  readonly height: number;
  readonly ink: Ink;
}

export interface Scatter {
  readonly picture: Picture;
  /** In the order of x: where each run lies. */
  readonly dots: readonly ScatterDot[];
  readonly trend: Correlation;
  /** Runs that have no place, for want of a value. */
  readonly missing: number;
}

const MARGIN = { left: 64, right: 20, top: 16, bottom: 46 } as const;
const TICK = 11;

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly toX: (place: number) => number;
  readonly toY: (place: number) => number;
  readonly right: number;
  readonly bottom: number;
}

export function scatterOf(options: ScatterOptions): Scatter {
  const { x, y, runs, ink, width, height, highlighted } = options;
  const drawn = (values: readonly Datum[]): Datum[] => values.filter((_, at) => runs[at] != null);
  const frame = frameOf(
    options,
    scaleOf(drawn(x.values), isLog(x, options.flippedLogs)),
    scaleOf(drawn(y.values), isLog(y, options.flippedLogs)),
  );
  const dots = dotsOf(options, frame);
  const pairs = pairsOf(options, frame);
  const shapes = [
    ...axisShapes(options, frame),
    ...trendShapes(pairs, frame, ink),
    ...dots.flatMap((dot) => dotShapes(dot, highlighted, ink)),
  ];
  return {
    picture: { width, height, background: ink.background, shapes },
    dots,
    trend: correlationOf(pairs),
    missing: runs.filter((run) => run !== null).length - dots.length,
  };
}

/** In words: `Spearman −0.82 (very strong, falling), Pearson −0.71, over 20 runs`. */
export function trendWords({ pairs, spearman, pearson }: Correlation): string {
  if (spearman === null || pearson === null) return 'No trend can be told: it takes numbers that differ, of three runs or more.';
  const said = (value: number): string => value.toFixed(2).replace('-', '−');
  return `Spearman ${said(spearman)} (${strengthOf(spearman)}), Pearson ${said(pearson)}, over ${plural(pairs, 'run')}.`;
}

/** The dot nearest to a place, no farther than `reach` px. */
export function dotAt(dots: readonly ScatterDot[], { x, y }: Place, reach = 14): ScatterDot | undefined {
  const near = dots.map((dot) => ({ dot, distance: Math.hypot(dot.x - x, dot.y - y) })).filter(({ distance }) => distance <= reach);
  return near.sort((a, b) => a.distance - b.distance)[0]?.dot;
}

function frameOf({ width, height }: ScatterOptions, x: Scale, y: Scale): Frame {
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  // Dots at the ends stay clear of the edges.
  const inset = (scale: Scale): number => (scale.kind === 'text' ? 0 : 12);
  const [insetX, insetY] = [inset(x), inset(y)];
  return {
    x,
    y,
    right,
    bottom,
    toX: (place) => MARGIN.left + insetX + place * (right - MARGIN.left - 2 * insetX),
    toY: (place) => bottom - insetY - place * (bottom - MARGIN.top - 2 * insetY),
  };
}

function dotsOf({ x, y, colour, runs, ink, flippedLogs }: ScatterOptions, frame: Frame): ScatterDot[] {
  const scale = colour === undefined ? undefined : scaleOf(colour.values, isLog(colour, flippedLogs));
  const found = runs.flatMap((run, at): ScatterDot[] => {
    if (run === null) return [];
    const [left, up] = [placeOf(frame.x, x.values[at] ?? null), placeOf(frame.y, y.values[at] ?? null)];
    if (Number.isNaN(left) || Number.isNaN(up)) return [];
    const shade = scale === undefined ? run.colour : (rampColour(placeOf(scale, colour?.values[at] ?? null), ink.scheme) ?? ink.dim);
    return [{ runId: run.runId, colour: shade, x: frame.toX(left), y: frame.toY(up) }];
  });
  return found.sort((a, b) => a.x - b.x || a.y - b.y);
}

/** Numbers as they lie on the axes: a line on a log axis is a power law. Texts have no trend. */
function pairsOf({ x, y, runs }: ScatterOptions, frame: Frame): Pair[] {
  if (frame.x.kind === 'text' || frame.y.kind === 'text') return [];
  return runs.flatMap((run, at) =>
    run === null ? [] : [{ x: placeOf(frame.x, x.values[at] ?? null), y: placeOf(frame.y, y.values[at] ?? null) }],
  );
}

function axisShapes({ x, y, ink }: ScatterOptions, frame: Frame): Shape[] {
  const { right, bottom, toX, toY } = frame;
  const text = { kind: 'text', size: TICK, colour: ink.text } as const;
  const columns = Math.max(2, Math.floor((right - MARGIN.left) / 90));
  const rows = Math.max(2, Math.floor((bottom - MARGIN.top) / 48));
  return [
    ...ticksOf(frame.x, columns).flatMap(({ place, label }): Shape[] => [
      {
        kind: 'path',
        places: [
          { x: toX(place), y: MARGIN.top },
          { x: toX(place), y: bottom },
        ],
        colour: ink.line,
        width: 1,
        alpha: 0.6,
      },
      { ...text, x: toX(place), y: bottom + 12, text: fitted(label, 84, TICK), anchor: 'middle' },
    ]),
    ...ticksOf(frame.y, rows).flatMap(({ place, label }): Shape[] => [
      {
        kind: 'path',
        places: [
          { x: MARGIN.left, y: toY(place) },
          { x: right, y: toY(place) },
        ],
        colour: ink.line,
        width: 1,
        alpha: 0.6,
      },
      { ...text, x: MARGIN.left - 6, y: toY(place), text: fitted(label, MARGIN.left - 10, TICK), anchor: 'end' },
    ]),
    { ...text, x: (MARGIN.left + right) / 2, y: bottom + 33, text: nameOf(x, frame.x), anchor: 'middle', bold: true },
    { ...text, x: 4, y: 8, text: nameOf(y, frame.y), anchor: 'start', bold: true, ground: ink.background },
  ];
}

function nameOf({ label }: Quantity, { kind }: Scale): string {
  return kind === 'log' ? `${label}, log` : label;
}

function trendShapes(pairs: readonly Pair[], { toX, toY }: Frame, ink: Ink): Shape[] {
  const line = pairs.length < 3 ? null : lineThrough(pairs);
  if (line === null) return [];
  const at = (place: number): Place => ({ x: toX(place), y: toY(line.at0 + line.slope * place) });
  const [from, to] = withinPlot(line.slope, line.at0);
  return from < to ? [{ kind: 'path', places: [at(from), at(to)], colour: ink.dim, width: 1.5, dash: [6, 4] }] : [];
}

/** The stretch of x in which the line stays between 0 and 1. */
function withinPlot(slope: number, at0: number): [number, number] {
  if (slope === 0) return [0, 1];
  const [a, b] = [-at0 / slope, (1 - at0) / slope];
  return [Math.max(0, Math.min(a, b)), Math.min(1, Math.max(a, b))];
}

function dotShapes({ x, y, colour, runId }: ScatterDot, highlighted: string | null, ink: Ink): Shape[] {
  if (runId !== highlighted)
    return [{ kind: 'dot', x, y, radius: 5, colour, rim: ink.background, alpha: highlighted === null ? 0.9 : 0.5 }];
  return [
    { kind: 'dot', x, y, radius: 10, colour: ink.background, rim: colour },
    { kind: 'dot', x, y, radius: 7, colour },
  ];
}
