import { describe, expect, it } from 'vitest';
import { rampColour, rampGradient } from './colour-ramp';

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe('the colours of a number', () => {
  it.each([
    ['light', '#ffffff'],
    ['dark', '#1a1b1e'],
  ] as const)('have 3:1 to a %s background everywhere', (scheme, background) => {
    for (let share = 0; share <= 1; share += 0.05) expect(contrast(rampColour(share, scheme) as string, background)).toBeGreaterThan(3);
  });

  it('go from end to end, and stop there', () => {
    expect(rampColour(0, 'light')).toBe('#11469e');
    expect(rampColour(1, 'light')).toBe('#c85a0a');
    expect(rampColour(7, 'light')).toBe('#c85a0a');
    expect(rampColour(-1, 'dark')).toBe('#5ca4ff');
    expect(rampColour(Number.NaN, 'dark')).toBeNull();
    expect(rampGradient('light')).toContain('rgb(17 70 158)');
  });
});
