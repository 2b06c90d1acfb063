import { describe, expect, it } from 'vitest';
import { rampColour } from '../draw/colour-ramp';
import type { Ink } from '../draw/shapes';
import type { Quantity } from '../quantities';
import { dotAt, type ScatterOptions, scatterOf, trendWords } from './scatter-picture';

const ink: Ink = { background: '#fff', text: '#000', dim: '#666', line: '#ccc', accent: '#00f', scheme: 'light' };
const quantity = (id: string, values: Quantity['values']): Quantity => ({ id, label: id, kind: 'param', values });
const run = (runId: string) => ({ runId, colour: '#123456' });

const options: ScatterOptions = {
  x: quantity('lr', [1e-4, 1e-3, 1e-2, 1e-1, null]),
  y: quantity('loss', [4, 3, 2, 1, 9]),
  colour: undefined,
  runs: [run('a'), run('b'), run('c'), run('d'), run('e')],
  flippedLogs: [],
  highlighted: null,
  width: 600,
  height: 400,
  ink,
};

describe('a scatter', () => {
  it('puts each run in its place, and says how many have none', () => {
    const { dots, missing } = scatterOf(options);
    expect(dots.map(({ runId }) => runId)).toEqual(['a', 'b', 'c', 'd']);
    expect(missing).toBe(1);
    const [a, b, c] = dots.map(({ x }) => x) as [number, number, number];
    expect(b - a).toBeCloseTo(c - b, 9);
  });

  it('tells the trend as the axes show it', () => {
    expect(trendWords(scatterOf(options).trend)).toBe('Spearman −1.00 (very strong, falling), Pearson −1.00, over 4 runs.');
    const straight = scatterOf({ ...options, flippedLogs: ['lr'] }).trend;
    expect(straight.pearson).toBeGreaterThan(-0.9);
    expect(trendWords({ pairs: 2, spearman: null, pearson: null })).toMatch(/^No trend/);
  });

  it('draws the line of the trend within the plot', () => {
    const line = scatterOf(options).picture.shapes.find((shape) => shape.kind === 'path' && shape.dash !== undefined);
    const places = line?.kind === 'path' ? line.places : [];
    expect(places).toHaveLength(2);
    for (const { x, y } of places) expect(x >= 64 && x <= 580 && y >= 16 && y <= 354).toBe(true);
  });

  it('is coloured by a third quantity, or by run', () => {
    expect(scatterOf(options).dots[0]?.colour).toBe('#123456');
    const coloured = scatterOf({ ...options, colour: quantity('width', [1, 2, null, 3, 1]) }).dots.map(({ colour }) => colour);
    expect(coloured).toEqual([rampColour(0, 'light'), rampColour(0.5, 'light'), '#666', rampColour(1, 'light')]);
  });

  it('leaves out runs that are hidden, from the scale too', () => {
    const { dots, missing } = scatterOf({ ...options, runs: [null, run('b'), run('c'), null, null] });
    expect(dots.map(({ runId }) => runId)).toEqual(['b', 'c']);
    expect(missing).toBe(0);
    expect(dots[0]?.x).toBeCloseTo(76, 9);
  });

  it('of texts has no trend', () => {
    const { trend, dots } = scatterOf({ ...options, x: quantity('opt', ['sgd', 'adam', 'sgd', 'adam', 'sgd']) });
    expect(trend.spearman).toBeNull();
    expect(dots).toHaveLength(5);
  });

  it('finds the dot under the pointer', () => {
    const { dots } = scatterOf(options);
    const [a] = dots;
    expect(dotAt(dots, { x: (a?.x ?? 0) + 5, y: a?.y ?? 0 })?.runId).toBe('a');
    expect(dotAt(dots, { x: 0, y: 0 })).toBeUndefined();
  });
});
