// The difference of two groups as a picture: where its interval lies beside nothing at all.

import type { GroupComparison } from '../../../api/types';
import { placeOf, scaleOf, ticksOf } from '../draw/scale';
import type { Ink, Picture, Shape } from '../draw/shapes';

const HEIGHT = 110;
const SIDE = 40;

/** Drawn as B − A, with 0 marked: an interval beside 0 is a difference, one across it is none that is known. */
export function groupsPicture({ difference, interval }: GroupComparison, metric: string, width: number, ink: Ink): Picture {
  const [low, middle, high] = [-interval[1], -difference, -interval[0]];
  const reach = Math.max(Math.abs(low), Math.abs(high), Math.abs(middle)) * 1.15 || 1;
  const scale = scaleOf([-reach, reach], false);
  const x = (value: number): number => SIDE + placeOf(scale, value) * (width - 2 * SIDE);
  const line = 48;
  const base = 78;
  const text = { kind: 'text', size: 11, colour: ink.text, anchor: 'middle' } as const;
  const shapes: Shape[] = [
    { ...text, x: SIDE, y: 12, text: `${metric}: B − A, 95 % interval`, anchor: 'start', bold: true },
    {
      kind: 'path',
      places: [
        { x: SIDE, y: base },
        { x: width - SIDE, y: base },
      ],
      colour: ink.line,
      width: 1,
    },
    ...ticksOf(scale, Math.max(3, Math.floor(width / 110))).flatMap(({ place, label }): Shape[] => {
      const at = SIDE + place * (width - 2 * SIDE);
      return [
        {
          kind: 'path',
          places: [
            { x: at, y: base },
            { x: at, y: base + 4 },
          ],
          colour: ink.line,
          width: 1,
        },
        { ...text, x: at, y: base + 15, text: label },
      ];
    }),
    {
      kind: 'path',
      places: [
        { x: x(0), y: 24 },
        { x: x(0), y: base },
      ],
      colour: ink.dim,
      width: 1.5,
      dash: [4, 3],
    },
    {
      kind: 'path',
      places: [
        { x: x(low), y: line },
        { x: x(high), y: line },
      ],
      colour: ink.accent,
      width: 3,
    },
    ...[low, high].map(
      (end): Shape => ({
        kind: 'path',
        places: [
          { x: x(end), y: line - 7 },
          { x: x(end), y: line + 7 },
        ],
        colour: ink.accent,
        width: 2,
      }),
    ),
    { kind: 'dot', x: x(middle), y: line, radius: 6, colour: ink.accent, rim: ink.background },
  ];
  return { width, height: HEIGHT, background: ink.background, shapes };
}
