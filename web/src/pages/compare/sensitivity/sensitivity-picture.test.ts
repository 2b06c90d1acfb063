import { expect, it } from 'vitest';
import type { ParamSensitivity } from '../../../api/types';
import type { Ink, Shape } from '../draw/shapes';
import { sayCorrelation, sayShare, sensitivityPicture } from './sensitivity-picture';

const ink: Ink = { background: '#fff', text: '#000', dim: '#666', line: '#ccc', accent: '#00f', scheme: 'light' };
const param = (key: string, importance: number | null, correlation: number | null): ParamSensitivity => ({
  ...{ key, importance, correlation, runs: 9, distinct: 3, values: [] },
});
const widthOf = (shape: Shape | undefined): number => (shape?.kind === 'area' ? (shape.places[1]?.x ?? 0) - (shape.places[0]?.x ?? 0) : -1);

it('the bars of a sensitivity are as long as what they say', () => {
  const params = [param('lr', 0.75, -0.5), param('width', 0.25, 1), param('name', null, null)];
  const { shapes, height } = sensitivityPicture({ title: 'loss', params, width: 642, ink });
  const bars = shapes.filter(({ kind }) => kind === 'area').map(widthOf);
  expect(bars).toEqual([150, 50, 50, 100, 1, 0]);
  expect(height).toBe(44 + 3 * 26 + 12);
  const [falling] = shapes.filter((shape) => shape.kind === 'area' && shape.colour === ink.dim);
  expect(falling?.kind === 'area' && falling.places[1]?.x).toBe(194 + 200 + 24 + 100);
});

it('shares and correlations are said shortly', () => {
  expect([sayShare(0.756), sayCorrelation(-0.5), sayCorrelation(null)]).toEqual(['76 %', '−0.50', '–']);
});
