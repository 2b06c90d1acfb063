import { describe, expect, it } from 'vitest';
import { COLOURS, type ColourScheme, isDashed, seriesColour } from './palette';

/** The page's own grounds. */
const GROUND = { light: '#ffffff', dark: '#14171c' } as const;

function channels(colour: string): [number, number, number] {
  const value = (at: number): number => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return [value(1), value(3), value(5)];
}

function luminance(colour: string): number {
  const [r, g, b] = channels(colour);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe.each<ColourScheme>(['light', 'dark'])('the %s palette', (scheme) => {
  const colours = Array.from({ length: COLOURS }, (_none, at) => seriesColour(at, scheme));

  it('has a contrast of 3 to the page', () => {
    for (const colour of colours) expect(contrast(colour, GROUND[scheme])).toBeGreaterThanOrEqual(3);
  });

  it('has no colour twice', () => {
    expect(new Set(colours).size).toBe(COLOURS);
  });
});

it('begins anew with dashes', () => {
  expect(seriesColour(COLOURS, 'light')).toBe(seriesColour(0, 'light'));
  expect([isDashed(0), isDashed(COLOURS - 1), isDashed(COLOURS), isDashed(2 * COLOURS)]).toEqual([false, false, true, false]);
});
