import { expect, it } from 'vitest';
import type { GroupComparison } from '../../../api/types';
import type { Ink, Shape } from '../draw/shapes';
import { groupsPicture } from './groups-picture';

const ink: Ink = { background: '#fff', text: '#000', dim: '#666', line: '#ccc', accent: '#00f', scheme: 'light' };
const group = { runs: 5, mean: 1, deviation: 0.1 };
const found: GroupComparison = { a: group, b: group, difference: 0.5, interval: [0.2, 0.8], t: 3, degrees: 8, p: 0.01 };

it('the interval lies on the side of B − A, and 0 in the middle', () => {
  const { shapes } = groupsPicture(found, 'loss', 480, ink);
  const zero = shapes.find((shape) => shape.kind === 'path' && shape.dash !== undefined) as Extract<Shape, { kind: 'path' }>;
  expect(zero.places[0]?.x).toBeCloseTo(240, 9);
  const [interval] = shapes.filter((shape) => shape.kind === 'path' && shape.width === 3) as Extract<Shape, { kind: 'path' }>[];
  const [from, to] = interval?.places ?? [];
  expect(from?.x).toBeLessThan(to?.x ?? 0);
  expect(to?.x).toBeLessThan(240);
  const dot = shapes.find((shape) => shape.kind === 'dot');
  expect(dot?.kind === 'dot' && (dot.x - 240) / ((to?.x ?? 0) - 240)).toBeCloseTo(2.5, 9);
});

it('without any difference is a picture too', () => {
  const { shapes } = groupsPicture({ ...found, difference: 0, interval: [0, 0] }, 'loss', 480, ink);
  expect(shapes.flatMap((shape) => ('places' in shape ? shape.places : [])).every(({ x, y }) => Number.isFinite(x + y))).toBe(true);
});
