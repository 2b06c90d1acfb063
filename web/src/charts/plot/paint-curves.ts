// Paints the inside of a chart: bands, faint raw values, lines, values that have no place, and the lines of marks.

import { groupMarks } from '../series/marks';
import { type Pen, type Projection, traceBand, traceLine } from './curve-path';
import type { Frame } from './projection';
import { projectionOf } from './projection';
import { type Curve, nonFiniteAt, type Scene } from './scene';
import type { Surface } from './surface';

const DASH = [6, 4];
const MARK_DASH = [3, 3];
/** Pixels: the side of the triangle that stands for values without a place. */
const TRIANGLE = 7;

/** `markColour`: of the lines of marks. */
export function paintCurves(surface: Surface, scene: Scene, frame: Frame, markColour: string): void {
  const to = projectionOf(scene, frame);
  const unclip = surface.clip(frame.left, frame.top, frame.width, frame.height);
  paintMarks(surface, scene, frame, to, markColour);
  for (const curve of scene.curves) paintBand(surface, scene, curve, to);
  for (const curve of scene.curves) paintLine(surface, scene, curve, to);
  for (const curve of scene.curves) paintNonFinite(surface, curve, frame, to);
  unclip();
}

function paintBand(surface: Surface, scene: Scene, curve: Curve, to: Projection): void {
  const { x, min, max, colour, faint } = curve.series;
  if (min === undefined || max === undefined) return;
  const stretch = { first: curve.first, end: curve.end, cuts: scene.cuts };
  const strength = faint === true ? 0.5 : 1;
  const trace = (pen: Pen): void => traceBand(pen, x, min, max, stretch, to);
  surface.fill(trace, { colour, alpha: 0.18 * strength });
  // A spike of one place has hardly any area; its edge is what is seen.
  surface.stroke(trace, { colour, width: 1, alpha: 0.35 * strength });
}

function paintLine(surface: Surface, scene: Scene, { series, line, first, end }: Curve, to: Projection): void {
  const { x, mean, colour } = series;
  const stretch = { first, end, cuts: scene.cuts };
  const dash = series.dashed === true ? { dash: DASH } : {};
  const alpha = series.faint === true ? 0.45 : 1;
  if (scene.isSmoothed) surface.stroke((pen) => traceLine(pen, x, mean, stretch, to), { colour, width: 1, alpha: alpha * 0.25, ...dash });
  surface.stroke((pen) => traceLine(pen, x, line, stretch, to), { colour, width: 1.6, alpha, ...dash });
}

function paintNonFinite(surface: Surface, { series, first, end }: Curve, frame: Frame, to: Projection): void {
  const bottom = frame.top + frame.height;
  surface.fill(
    (pen) => {
      let last = Number.NEGATIVE_INFINITY;
      for (let at = first; at < end; at++) {
        if (nonFiniteAt(series, at) === 0) continue;
        const x = to.x(series.x[at] as number);
        // Neighbours would cover each other.
        if (x - last < 2) continue;
        last = x;
        if (series.mean[at] === Number.POSITIVE_INFINITY) triangle(pen, x, frame.top + TRIANGLE, frame.top);
        else triangle(pen, x, bottom - TRIANGLE, bottom);
      }
    },
    { colour: series.colour },
  );
}

/** Its point lies at `edge`. */
function triangle(pen: Pen, x: number, base: number, edge: number): void {
  pen.moveTo(x - TRIANGLE / 2, base);
  pen.lineTo(x + TRIANGLE / 2, base);
  pen.lineTo(x, edge);
  pen.closePath();
}

function paintMarks(surface: Surface, scene: Scene, frame: Frame, to: Projection, colour: string): void {
  const groups = groupMarks(scene.marks, (at) => to.x(at) - frame.left, frame.width);
  const trace = (pen: Pen): void => {
    for (const group of groups) {
      const x = Math.round(frame.left + group.x) + 0.5;
      pen.moveTo(x, frame.top);
      pen.lineTo(x, frame.top + frame.height);
    }
  };
  if (groups.length > 0) surface.stroke(trace, { colour, width: 1, dash: MARK_DASH, alpha: 0.5 });
}
