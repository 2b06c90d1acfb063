import { describe, expect, it } from 'vitest';
import type { Brush } from '../brushes';
import { scaleOf } from '../draw/scale';
import type { Quantity } from '../quantities';
import { axesOf, brushBetween, defaultAxes, goalOf, moved, stretchesOf } from './axes';

const many = Array.from({ length: 20 }, (_, at) => at);
const quantities: Quantity[] = [
  { id: 'params.opt', label: 'opt', kind: 'param', values: many.map((at) => (at % 2 === 0 ? 'sgd' : 'adam')) },
  { id: 'params.lr', label: 'lr', kind: 'param', values: many.map((at) => 10 ** -(1 + (at % 4))) },
  { id: 'params.out', label: 'out', kind: 'param', values: many.map((at) => `/runs/${at}`) },
  { id: 'params.rare', label: 'rare', kind: 'param', values: many.map((at) => (at === 0 ? 1 : null)) },
  { id: 'max(metrics.system/cpu)', label: 'system/cpu (max)', kind: 'metric', values: many },
  { id: 'min(metrics.loss)', label: 'loss (min)', kind: 'metric', values: many.map((at) => (at === 3 ? Number.NaN : at / 100)) },
];

describe('the axes', () => {
  it('are the params that can be read, the one that tells most beside the goal', () => {
    const goal = (by: (at: number) => number): Quantity => ({
      id: 'max(metrics.acc)',
      label: 'acc (max)',
      kind: 'metric',
      values: many.map(by),
    });
    expect(
      defaultAxes(
        quantities,
        goal((at) => at % 2),
      ),
    ).toEqual(['params.lr', 'params.opt']);
    expect(
      defaultAxes(
        quantities,
        goal((at) => (at % 4) % 3),
      ),
    ).toEqual(['params.opt', 'params.lr']);
    expect(defaultAxes(quantities.slice(2), undefined)).toEqual([]);
  });

  it('end with a metric', () => {
    expect(goalOf(quantities, '')?.id).toBe('min(metrics.loss)');
    expect(goalOf(quantities, 'params.lr')?.id).toBe('params.lr');
    expect(goalOf(quantities.slice(0, 5), 'gone')?.id).toBe('max(metrics.system/cpu)');
    expect(goalOf([], '')).toBeUndefined();
  });

  it('end with the goal, are logarithmic where values span decades, and may be flipped', () => {
    const goal = goalOf(quantities, '');
    const axes = axesOf(['params.lr', 'min(metrics.loss)', 'params.gone', 'params.opt'], goal, quantities, []);
    expect(axes.map(({ id, scale }) => [id, scale.kind])).toEqual([
      ['params.lr', 'log'],
      ['params.opt', 'text'],
      ['min(metrics.loss)', 'linear'],
    ]);
    expect(axes.map(({ hasMissing }) => hasMissing)).toEqual([false, false, true]);
    expect(axesOf(['params.lr'], goal, quantities, ['params.lr'])[0]?.scale.kind).toBe('linear');
  });

  it('are moved, and stay within the row', () => {
    expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 'c', 5)).toEqual(['a', 'b', 'c']);
    expect(moved(['a', 'b', 'c'], 'b', -1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a'], 'z', 1)).toEqual(['a']);
  });
});

describe('a stroke along an axis', () => {
  const numbers = { id: 'x', scale: scaleOf([0, 10], false) };
  const texts = { id: 'o', scale: scaleOf(['adam', 'lion', 'sgd'], false) };

  it('marks numbers, whichever way it went', () => {
    expect(brushBetween(numbers, 0.75, 0.25)).toEqual({ id: 'x', kind: 'range', from: 2.5, to: 7.5 });
    const log = { id: 'lr', scale: scaleOf([1e-4, 1], true) };
    expect(brushBetween(log, 0.25, 0.5)).toEqual({ id: 'lr', kind: 'range', from: 0.001, to: 0.01 });
  });

  it('beyond the end holds the outermost value', () => {
    const brush = brushBetween({ id: 'x', scale: scaleOf([0.1, 0.7], false) }, -3, 5) as Extract<Brush, { kind: 'range' }>;
    expect(brush.from).toBeLessThanOrEqual(0.1);
    expect(brush.to).toBeGreaterThanOrEqual(0.7);
  });

  it('marks the texts in it, or nothing', () => {
    expect(brushBetween(texts, 0, 0.6)).toEqual({ id: 'o', kind: 'values', values: ['adam', 'lion'] });
    expect(brushBetween(texts, 0.2, 0.3)).toBeNull();
  });

  it('is drawn where it lies', () => {
    expect(stretchesOf({ id: 'x', kind: 'range', from: 2.5, to: 99 }, numbers.scale)).toEqual([{ from: 0.25, to: 1 }]);
    expect(stretchesOf({ id: 'x', kind: 'range', from: 20, to: 30 }, numbers.scale)).toEqual([]);
    expect(stretchesOf({ id: 'x', kind: 'range', from: 0, to: 0.1 }, scaleOf([0.01, 1], true))).toEqual([{ from: 0, to: 0.5 }]);
    const [only] = stretchesOf({ id: 'o', kind: 'values', values: ['lion'] }, texts.scale);
    expect(only?.from).toBeCloseTo(1 / 3, 12);
    expect(only?.to).toBeCloseTo(2 / 3, 12);
  });
});
