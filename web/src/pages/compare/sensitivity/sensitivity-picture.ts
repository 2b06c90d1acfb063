// What a metric hangs on, as a picture: a bar of importance and one of correlation for each param.

import type { ParamSensitivity } from '../../../api/types';
import { box, fitted, type Ink, type Picture, type Shape } from '../draw/shapes';

const ROW = 26;
const TOP = 44;
const NAME = 170;
const SIDES = 24;

export interface SensitivityOptions {
  readonly title: string;
  readonly params: readonly ParamSensitivity[];
  readonly width: number;
  readonly ink: Ink;
}

export function sensitivityPicture({ title, params, width, ink }: SensitivityOptions): Picture {
  const half = (width - NAME - 3 * SIDES) / 2;
  const left = NAME + SIDES;
  const right = left + half + SIDES;
  const text = { kind: 'text', size: 11, colour: ink.text, y: 34 } as const;
  return {
    width,
    height: TOP + params.length * ROW + 12,
    background: ink.background,
    shapes: [
      { ...text, x: 8, y: 14, text: title, anchor: 'start', size: 13, bold: true },
      { ...text, x: left, text: 'importance', anchor: 'start' },
      { ...text, x: right, text: 'rank correlation, −1 to 1', anchor: 'start' },
      ...params.flatMap((param, at) => rowShapes(param, TOP + at * ROW, { left, right, half, ink })),
    ],
  };
}

interface RowFrame {
  readonly left: number;
  readonly right: number;
  readonly half: number;
  readonly ink: Ink;
}

function rowShapes({ key, importance, correlation }: ParamSensitivity, y: number, { left, right, half, ink }: RowFrame): Shape[] {
  const middle = y + ROW / 2;
  const zero = right + half / 2;
  const reach = ((correlation ?? 0) * half) / 2;
  const text = { kind: 'text', size: 11, colour: ink.text, y: middle } as const;
  return [
    { ...text, x: NAME, text: fitted(key, NAME - 12, 12), anchor: 'end', size: 12 },
    { kind: 'area', places: box(left, y + 5, Math.max(1, (importance ?? 0) * half), ROW - 10), colour: ink.accent, alpha: 0.85 },
    {
      ...text,
      x: left + (importance ?? 0) * half + 6,
      text: importance === null ? 'too few runs' : sayShare(importance),
      anchor: 'start',
      ground: ink.background,
    },
    {
      kind: 'path',
      places: [
        { x: zero, y },
        { x: zero, y: y + ROW },
      ],
      colour: ink.line,
      width: 1,
    },
    { kind: 'area', places: box(Math.min(zero, zero + reach), y + 5, Math.abs(reach), ROW - 10), colour: ink.dim, alpha: 0.8 },
    { ...text, x: reach < 0 ? zero + 6 : zero - 6, text: sayCorrelation(correlation), anchor: reach < 0 ? 'start' : 'end' },
  ];
}

export function sayShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `−0.82`; a dash where it has none. */
export function sayCorrelation(correlation: number | null): string {
  return correlation === null ? '–' : correlation.toFixed(2).replace('-', '−');
}
