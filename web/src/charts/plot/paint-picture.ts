// A whole chart as a picture: title, legend, axes and curves, for PNG and SVG.

import { paintCurves } from './paint-curves';
import type { Ink } from './plot';
import { type Frame, projectionOf } from './projection';
import type { Scene } from './scene';
import type { Surface } from './surface';
import { ticksOf } from './ticks';
import { AXIS_NAMES } from './values';

export interface Picture {
  readonly title: string;
  readonly scene: Scene;
  readonly ink: Ink;
  readonly unit: string;
  readonly width: number;
  readonly height: number;
}

const TITLE_SIZE = 15;
const TEXT_SIZE = 12;
const LINE = 18;
/** Pixels of a character of TEXT_SIZE, generously. */
const CHARACTER = 7;
/** A longer legend is not read. */
const MOST_LEGENDS = 24;

export function paintPicture(surface: Surface, picture: Picture): void {
  const { scene, ink, width, height, title, unit } = picture;
  paper(surface, width, height, ink.paper);
  surface.text(16, 26, unit === '' ? title : `${title} (${unit})`, { colour: ink.text, size: TITLE_SIZE, anchor: 'start', bold: true });
  const rows = paintLegend(surface, picture);
  const yTicks = ticksOf('value', scene.logY, scene.y, (height - 120) / 30);
  const left = 24 + CHARACTER * Math.max(2, ...yTicks.map(({ label }) => label.length));
  const top = 42 + rows * LINE;
  const frame = { left, top, width: width - left - 20, height: Math.max(40, height - top - 52) };
  paintAxes(surface, picture, frame);
  paintCurves(surface, scene, frame, ink.mark);
}

function paper(surface: Surface, width: number, height: number, colour: string): void {
  surface.fill(
    (pen) => {
      pen.moveTo(0, 0);
      pen.lineTo(width, 0);
      pen.lineTo(width, height);
      pen.lineTo(0, height);
      pen.closePath();
    },
    { colour },
  );
}

/** Gives the number of lines. */
function paintLegend(surface: Surface, { scene, ink, width }: Picture): number {
  let [x, row] = [16, 0];
  for (const { series } of scene.curves.slice(0, MOST_LEGENDS)) {
    const label = series.label.length > 48 ? `${series.label.slice(0, 47)}…` : series.label;
    const space = 28 + label.length * CHARACTER;
    if (x + space > width - 16 && x > 16) [x, row] = [16, row + 1];
    const y = 46 + row * LINE;
    const line = { colour: series.colour, width: 2.5, ...(series.dashed === true && { dash: [5, 3] }) };
    const from = x;
    surface.stroke((pen) => {
      pen.moveTo(from, y - 4);
      pen.lineTo(from + 16, y - 4);
    }, line);
    surface.text(x + 22, y, label, { colour: ink.text, size: TEXT_SIZE, anchor: 'start' });
    x += space;
  }
  return scene.curves.length === 0 ? 0 : row + 1;
}

function paintAxes(surface: Surface, { scene, ink, width }: Picture, frame: Frame): void {
  const to = projectionOf(scene, frame);
  const [right, bottom] = [frame.left + frame.width, frame.top + frame.height];
  const text = { colour: ink.text, size: TEXT_SIZE } as const;
  const grid = { colour: ink.grid, width: 1 };
  for (const { at, label } of ticksOf(scene.axis, scene.logX, scene.x, frame.width / 90)) {
    const x = to.x(at);
    surface.stroke((pen) => segment(pen, x, frame.top, x, bottom), grid);
    const half = (label.length * CHARACTER) / 2;
    surface.text(Math.min(x, width - 2 - half), bottom + 18, label, { ...text, anchor: 'middle' });
  }
  for (const { at, label } of ticksOf('value', scene.logY, scene.y, frame.height / 30)) {
    const y = to.y(at);
    surface.stroke((pen) => segment(pen, frame.left, y, right, y), grid);
    surface.text(frame.left - 8, y + 4, label, { ...text, anchor: 'end' });
  }
  surface.text(frame.left + frame.width / 2, bottom + 38, AXIS_NAMES[scene.axis], { ...text, anchor: 'middle' });
}

function segment(
  pen: { moveTo(x: number, y: number): void; lineTo(x: number, y: number): void },
  ...ends: [number, number, number, number]
): void {
  pen.moveTo(ends[0], ends[1]);
  pen.lineTo(ends[2], ends[3]);
}
