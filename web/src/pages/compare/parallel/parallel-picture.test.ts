import { describe, expect, it } from 'vitest';
import { rampColour } from '../draw/colour-ramp';
import type { Ink, Shape } from '../draw/shapes';
import type { Quantity } from '../quantities';
import { axesOf } from './axes';
import { frameOf, lineOf, type ParallelOptions, parallelPicture, runAt } from './parallel-picture';

const ink: Ink = { background: '#fff', text: '#000', dim: '#666', line: '#ccc', accent: '#00f', scheme: 'light' };
const lr: Quantity = { id: 'params.lr', label: 'lr', kind: 'param', values: [0, 5, 10] };
const loss: Quantity = { id: 'min(metrics.loss)', label: 'loss (min)', kind: 'metric', values: [1, null, 0] };
const axes = axesOf(['params.lr'], loss, [lr, loss], []);

const options: ParallelOptions = {
  axes,
  runs: [
    { runId: 'a', passes: true },
    { runId: 'b', passes: true },
    { runId: 'c', passes: false },
  ],
  brushes: [{ id: 'params.lr', kind: 'range', from: 0, to: 5 }],
  highlighted: null,
  width: 452,
  height: 274,
  ink,
  named: true,
};

const long = (shape: Shape): boolean =>
  shape.kind === 'path' && shape.places.length === 2 && shape.places[0]?.x !== shape.places[1]?.x && shape.width >= 1;
const crossing = (shapes: readonly Shape[]) =>
  shapes.filter((shape) => long(shape) && shape.kind === 'path' && shape.places[0]?.x === 56 && shape.places[1]?.x === 356);

describe('parallel coordinates', () => {
  it('lead each run over its values, and past an axis where it has none', () => {
    const frame = frameOf(2, options.width, options.height);
    expect(frame).toEqual({ x: [56, 356], top: 40, bottom: 240, missing: 258, gap: 300 });
    expect(lineOf(axes, 0, frame)).toEqual([
      { x: 56, y: 240 },
      { x: 356, y: 40 },
    ]);
    expect(lineOf(axes, 1, frame)[1]).toEqual({ x: 356, y: 258 });
  });

  it('are coloured by the goal; what brushes leave out stays as a shadow below', () => {
    const lines = crossing(parallelPicture(options).shapes) as Extract<Shape, { kind: 'path' }>[];
    expect(lines.map(({ colour, alpha }) => [colour, alpha])).toEqual([
      ['#666', 0.18],
      [rampColour(1, 'light'), 0.85],
      ['#666', 0.85],
    ]);
  });

  it('say what each axis is, in files, and where nothing is', () => {
    const texts = (named: boolean) =>
      parallelPicture({ ...options, named }).shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));
    expect(texts(true)).toEqual(expect.arrayContaining(['lr', 'loss (min)', 'none']));
    expect(texts(false)).not.toContain('lr');
  });

  it('draw the brush on its axis', () => {
    const [area] = parallelPicture(options).shapes.filter((shape) => shape.kind === 'area');
    expect(area?.kind === 'area' && area.places).toEqual([
      { x: 48, y: 140 },
      { x: 64, y: 140 },
      { x: 64, y: 240 },
      { x: 48, y: 240 },
    ]);
  });

  it('find the run under the pointer, but none that a brush left out', () => {
    expect(runAt(options, { x: 206, y: 141 })).toBe('a');
    expect(runAt(options, { x: 60, y: 141 })).toBe('b');
    expect(runAt(options, { x: 60, y: 41 })).toBeNull();
    expect(runAt(options, { x: 206, y: 100 })).toBeNull();
  });

  it('paint the run in hand last, over the others', () => {
    const lines = crossing(parallelPicture({ ...options, highlighted: 'a' }).shapes) as Extract<Shape, { kind: 'path' }>[];
    expect(lines.at(-1)).toMatchObject({ colour: rampColour(1, 'light'), width: 3.5 });
  });

  it('with one axis, or none, are still a picture', () => {
    expect(parallelPicture({ ...options, axes: [] }).shapes.filter((shape) => shape.kind === 'text')).toEqual([]);
    expect(frameOf(1, 452, 274).x).toEqual([206]);
  });
});
