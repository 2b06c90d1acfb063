import { expect, it } from 'vitest';
import { placeMarks } from './place-marks';

const ANCHORS = { ts: [1_000_000, 3_000_000], x: [100, 300] };
const mark = (step: number | null, ts: number) => ({ kind: 'restart' as const, step, ts, title: 'again' });

it('puts marks at their time or step', () => {
  expect(placeMarks([mark(150, 2_000_000)], 'step', 0, ANCHORS)[0]?.x).toBe(150);
  expect(placeMarks([mark(150, 2_000_000)], 'time', 0, ANCHORS)[0]?.x).toBe(2);
  expect(placeMarks([mark(150, 2_000_000)], 'relative', 500_000, ANCHORS)[0]?.x).toBe(1.5);
});

it('finds the place of a mark without a step between the points before and after it', () => {
  const places = [0, 2_000_000, 9_000_000].map((ts) => placeMarks([mark(null, ts)], 'step', 0, ANCHORS)[0]?.x);
  expect(places).toEqual([100, 200, 300]);
});

it('leaves out a mark whose place nothing tells', () => {
  expect(placeMarks([mark(null, 2)], 'step', 0, { ts: [], x: [] })).toEqual([]);
});
