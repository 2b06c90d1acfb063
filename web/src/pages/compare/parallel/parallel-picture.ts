// Parallel coordinates as a picture: a line a run across all axes, coloured by where it ends.

import type { Brush } from '../brushes';
import { rampColour } from '../draw/colour-ramp';
import { placeOf, ticksOf } from '../draw/scale';
import { box, fitted, type Ink, type Picture, type Place, type Shape } from '../draw/shapes';
import { type Axis, stretchesOf } from './axes';

export interface ParallelRun {
  readonly runId: string;
  /** False: a brush leaves it out, and it stays as a shadow. */
  readonly passes: boolean;
}

export interface ParallelOptions {
  readonly axes: readonly Axis[];
  /** In the order of the values of the axes; null: not drawn at all. */
  readonly runs: readonly (ParallelRun | null)[];
  readonly brushes: readonly Brush[];
  readonly highlighted: string | null;
  readonly width: number;
  readonly height: number;
  readonly ink: Ink;
  /** False where the page writes the names of the axes itself. */
  readonly named: boolean;
}

export interface Frame {
  /** px of each axis. */
  readonly x: readonly number[];
  readonly top: number;
  readonly bottom: number;
  /** px at which runs without a value pass an axis. */
  readonly missing: number;
  /** px between two axes. */
  readonly gap: number;
}

const MARGIN = { left: 56, right: 96, top: 40, bottom: 34 } as const;
const TICK = 10;
const BRUSH_WIDTH = 16;

/** Where everything lies. */
export function frameOf(axes: number, width: number, height: number): Frame {
  const across = Math.max(1, width - MARGIN.left - MARGIN.right);
  const gap = axes < 2 ? across : across / (axes - 1);
  const x = Array.from({ length: axes }, (_, at) => MARGIN.left + (axes < 2 ? across / 2 : at * gap));
  const bottom = height - MARGIN.bottom;
  return { x, top: MARGIN.top, bottom, missing: bottom + 18, gap };
}

/** A run's line: one place on each axis. */
export function lineOf(axes: readonly Axis[], run: number, { x, top, bottom, missing }: Frame): Place[] {
  return axes.map(({ scale, values }, at) => {
    const place = placeOf(scale, values[run] ?? null);
    return { x: x[at] as number, y: Number.isNaN(place) ? missing : bottom - place * (bottom - top) };
  });
}

export function parallelPicture({ axes, runs, brushes, highlighted, width, height, ink, named }: ParallelOptions): Picture {
  const frame = frameOf(axes.length, width, height);
  const lines = runs.flatMap((run, at) =>
    run === null ? [] : [{ run, colour: colourOf(axes, at, ink), places: lineOf(axes, at, frame) }],
  );
  const drawn = lines.filter(({ run }) => run.passes);
  const thin = drawn.length > 40 ? 1.25 : 1.75;
  const top = lines.find(({ run }) => run.runId === highlighted);
  return {
    width,
    height,
    background: ink.background,
    shapes: [
      ...lines.flatMap(({ run, places }): Shape[] =>
        run.passes ? [] : [{ kind: 'path', places, colour: ink.dim, width: 1, alpha: 0.18 }],
      ),
      ...drawn.map(({ places, colour }): Shape => ({ kind: 'path', places, colour, width: thin, alpha: top === undefined ? 0.85 : 0.3 })),
      ...(top === undefined ? [] : highlight(top.places, top.colour, ink)),
      ...axes.flatMap((axis, at) => axisShapes(axis, at, { frame, ink, named })),
      ...brushes.flatMap((brush) => brushShapes(brush, axes, frame, ink)),
      ...rampShapes(axes, frame, ink),
    ],
  };
}

function colourOf(axes: readonly Axis[], run: number, ink: Ink): string {
  const goal = axes.at(-1);
  const place = goal === undefined ? Number.NaN : placeOf(goal.scale, goal.values[run] ?? null);
  return rampColour(place, ink.scheme) ?? ink.dim;
}

function highlight(places: readonly Place[], colour: string, ink: Ink): Shape[] {
  return [
    { kind: 'path', places, colour: ink.background, width: 7, alpha: 0.9 },
    { kind: 'path', places, colour, width: 3.5 },
    ...places.map(({ x, y }): Shape => ({ kind: 'dot', x, y, radius: 4, colour, rim: ink.background })),
  ];
}

interface AxisLook {
  readonly frame: Frame;
  readonly ink: Ink;
  readonly named: boolean;
}

function axisShapes(axis: Axis, at: number, { frame, ink, named }: AxisLook): Shape[] {
  const x = frame.x[at] as number;
  const { top, bottom } = frame;
  const room = Math.min(frame.gap - 14, 110);
  const ticks = ticksOf(axis.scale, Math.max(2, Math.floor((bottom - top) / (axis.scale.kind === 'text' ? 16 : 48))));
  const text = { kind: 'text', size: TICK, anchor: 'start', x: x + 7, ground: ink.background } as const;
  return [
    {
      kind: 'path',
      places: [
        { x, y: top },
        { x, y: bottom },
      ],
      colour: ink.line,
      width: 1.5,
    },
    ...ticks.flatMap(({ place, label }): Shape[] => {
      const y = bottom - place * (bottom - top);
      return [
        {
          kind: 'path',
          places: [
            { x: x - 3, y },
            { x: x + 3, y },
          ],
          colour: ink.line,
          width: 1,
        },
        { ...text, y, text: fitted(label, room, TICK), colour: ink.text },
      ];
    }),
    ...(axis.hasMissing ? [{ ...text, y: frame.missing, text: 'none', colour: ink.dim }] : []),
    ...(named ? [nameShape(axis, x, frame, ink)] : []),
  ];
}

function nameShape({ label }: Axis, x: number, { gap }: Frame, ink: Ink): Shape {
  return { kind: 'text', x, y: 18, text: fitted(label, gap - 8, 12), colour: ink.text, size: 12, anchor: 'middle', bold: true };
}

function brushShapes(brush: Brush, axes: readonly Axis[], { x, top, bottom }: Frame, ink: Ink): Shape[] {
  const at = axes.findIndex(({ id }) => id === brush.id);
  const axis = axes[at];
  if (axis === undefined) return [];
  const left = (x[at] as number) - BRUSH_WIDTH / 2;
  return stretchesOf(brush, axis.scale).flatMap(({ from, to }): Shape[] => {
    const outline = box(left, bottom - to * (bottom - top), BRUSH_WIDTH, Math.max(2, (to - from) * (bottom - top)));
    return [
      { kind: 'area', places: outline, colour: ink.accent, alpha: 0.25 },
      { kind: 'path', places: [...outline, outline[0] as Place], colour: ink.accent, width: 1.5 },
    ];
  });
}

/** The colours along the last axis. */
function rampShapes(axes: readonly Axis[], { x, top, bottom }: Frame, ink: Ink): Shape[] {
  const last = x.at(-1);
  if (axes.length === 0 || last === undefined) return [];
  const pieces = 32;
  const height = (bottom - top) / pieces;
  return Array.from({ length: pieces }, (_, at): Shape => {
    const colour = rampColour((at + 0.5) / pieces, ink.scheme) ?? ink.dim;
    return { kind: 'area', places: box(last - 9, bottom - (at + 1) * height, 5, height + 0.5), colour };
  });
}

/** The run whose line passes nearest, no farther than `reach` px; null: none does. Brushed-out runs cannot be met. */
export function runAt({ axes, runs, width, height }: ParallelOptions, at: Place, reach = 10): string | null {
  const frame = frameOf(axes.length, width, height);
  let best: { readonly runId: string; readonly distance: number } | null = null;
  for (const [index, run] of runs.entries()) {
    if (run === null || !run.passes) continue;
    const distance = distanceTo(lineOf(axes, index, frame), at);
    if (distance <= (best?.distance ?? reach)) best = { runId: run.runId, distance };
  }
  return best?.runId ?? null;
}

function distanceTo(line: readonly Place[], { x, y }: Place): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 1; at < line.length; at++) {
    const [from, to] = [line[at - 1] as Place, line[at] as Place];
    const [across, down] = [to.x - from.x, to.y - from.y];
    const share = Math.min(1, Math.max(0, ((x - from.x) * across + (y - from.y) * down) / (across ** 2 + down ** 2)));
    least = Math.min(least, Math.hypot(from.x + share * across - x, from.y + share * down - y));
  }
  return least;
}
