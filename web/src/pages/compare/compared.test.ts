import { describe, expect, it } from 'vitest';
import { colourPlaces, distinctNames } from './compared';

const ids = Array.from({ length: 30 }, (_, at) => `run-${at}`);

describe('the colours of runs', () => {
  it('are all different, twelve a round', () => {
    const places = [...colourPlaces(ids, new Map()).values()];
    expect(new Set(places).size).toBe(30);
    expect(new Set(places.slice(0, 12).map((place) => place % 12)).size).toBe(12);
    expect(Math.max(...places)).toBeLessThan(36);
  });

  it('are those of the other pages where they are free', () => {
    const alone = colourPlaces(['run-7'], new Map()).get('run-7');
    expect(colourPlaces(['run-7', ...ids], new Map()).get('run-7')).toBe(alone);
  });

  it('are those that were chosen', () => {
    const places = colourPlaces(ids, new Map([['run-29', 4]]));
    expect(places.get('run-29')).toBe(4);
    expect([...places].filter(([, place]) => place === 4)).toHaveLength(1);
  });
});

it('runs of the same name are told apart', () => {
  const named = (runId: string, name: string | null) => ({ runId, name });
  expect(
    distinctNames([named('id-0001', 'mlp'), named('id-0002', 'mlp'), named('id-0003', 'cnn'), named('0197c1d2-long-id-x', null)]),
  ).toEqual(['mlp ·0001', 'mlp ·0002', 'cnn', '0197c1d2-long']);
});
