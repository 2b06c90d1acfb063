import { expect, it } from 'vitest';
import type { ChartMark } from './chart-series';
import { groupMarks } from './marks';

const at = (x: number): ChartMark => ({ kind: 'checkpoint', x, title: '' });

it('puts marks that lie close together behind one, apart from the next', () => {
  const groups = groupMarks([at(90), at(0), at(10), at(40), at(12)], (x) => x, 100);
  expect(groups.map(({ x, marks }) => [x, marks.length])).toEqual([
    [0, 3],
    [40, 1],
    [90, 1],
  ]);
});

it('leaves out what lies outside of the plot or nowhere', () => {
  expect(groupMarks([at(-1), at(101), at(Number.NaN)], (x) => x, 100)).toEqual([]);
});

it('draws few lines however many there are', () => {
  const many = Array.from({ length: 5_000 }, (_, x) => at(x));
  const groups = groupMarks(many, (x) => x / 10, 500);
  expect(groups).toHaveLength(20);
  expect(groups.reduce((sum, { marks }) => sum + marks.length, 0)).toBe(5_000);
});

it('tells what happened before what happens all the time', () => {
  const kinds = (['checkpoint', 'command', 'checkpoint', 'gap'] as const).map((kind, x): ChartMark => ({ ...at(x), kind }));
  expect(groupMarks(kinds, (x) => x, 100)[0]?.marks.map(({ kind }) => kind)).toEqual(['gap', 'command', 'checkpoint', 'checkpoint']);
});
