// A picture as a list of shapes: made by pure functions, painted on a canvas or written as SVG.

import type { Pen } from '../../../charts/plot/curve-path';
import type { Surface } from '../../../charts/plot/surface';
import type { Painting } from '../../../charts/save/export';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface PathShape {
  readonly kind: 'path';
  readonly places: readonly Place[];
  readonly colour: string;
  /** px. */
  readonly width: number;
  readonly dash?: readonly number[];
  /** 0 to 1. */
  readonly alpha?: number;
}

export interface AreaShape {
  readonly kind: 'area';
  readonly places: readonly Place[];
  readonly colour: string;
  readonly alpha?: number;
}

export interface DotShape extends Place {
  readonly kind: 'dot';
  readonly radius: number;
  readonly colour: string;
  /** Of a rim, so that dots on each other can be told apart. */
  readonly rim?: string;
  readonly alpha?: number;
}

export interface TextShape extends Place {
  readonly kind: 'text';
  readonly text: string;
  readonly colour: string;
  /** px. */
  readonly size: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  /** Of a box behind the letters, so that they can be read on lines. */
  readonly ground?: string;
}

export type Shape = PathShape | AreaShape | DotShape | TextShape;

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly background: string;
  readonly shapes: readonly Shape[];
}

/** Colours that a picture needs of the page, each readable on `background`. */
export interface Ink {
  readonly background: string;
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly accent: string;
  readonly scheme: 'light' | 'dark';
}

/** Widths of letters differ with the font; this many times its size is what one takes on average. */
const LETTER = 0.56;
/** Corners of what looks round. */
const CORNERS = 24;

export function box(x: number, y: number, width: number, height: number): Place[] {
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
}

/** px, about. */
function widthOf(text: string, size: number): number {
  return text.length * size * LETTER;
}

/** A text cut to so many pixels. */
export function fitted(text: string, width: number, size: number): string {
  const letters = Math.max(2, Math.floor(width / (size * LETTER)));
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

/** The picture for a canvas, and for files. */
export function paintingOf({ width, height, background, shapes }: Picture): Painting {
  return {
    width,
    height,
    paint(surface) {
      surface.fill(trace(box(0, 0, width, height), true), { colour: background });
      for (const shape of shapes) paintShape(surface, shape);
    },
  };
}

function paintShape(surface: Surface, shape: Shape): void {
  switch (shape.kind) {
    case 'text':
      paintText(surface, shape);
      break;
    case 'area':
      surface.fill(trace(shape.places, true), { colour: shape.colour, ...alphaOf(shape) });
      break;
    case 'path': {
      const dash = shape.dash === undefined ? {} : { dash: shape.dash };
      surface.stroke(trace(shape.places, false), { colour: shape.colour, width: shape.width, ...dash, ...alphaOf(shape) });
      break;
    }
    case 'dot': {
      const outline = trace(circle(shape), true);
      surface.fill(outline, { colour: shape.colour, ...alphaOf(shape) });
      if (shape.rim !== undefined) surface.stroke(outline, { colour: shape.rim, width: 1, ...alphaOf(shape) });
    }
  }
}

function alphaOf({ alpha }: { readonly alpha?: number }): { readonly alpha?: number } {
  return alpha === undefined ? {} : { alpha };
}

function paintText(surface: Surface, { x, y, text, colour, size, anchor, bold, ground }: TextShape): void {
  const width = widthOf(text, size) + 4;
  const left = anchor === 'start' ? x - 2 : anchor === 'end' ? x - width + 2 : x - width / 2;
  if (ground !== undefined) surface.fill(trace(box(left, y - size * 0.65, width, size * 1.3), true), { colour: ground, alpha: 0.8 });
  // Shapes name the middle of their letters, surfaces the line that these stand on.
  surface.text(x, y + size * 0.35, text, { colour, size, anchor, ...(bold === true && { bold }) });
}

function circle({ x, y, radius }: DotShape): Place[] {
  return Array.from({ length: CORNERS }, (_, at) => {
    const angle = (at * 2 * Math.PI) / CORNERS;
    return { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) };
  });
}

function trace(places: readonly Place[], closed: boolean): (pen: Pen) => void {
  return (pen) => {
    for (const [at, { x, y }] of places.entries()) {
      if (at === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
    if (closed) pen.closePath();
  };
}
