import { describe, expect, it } from 'vitest';
import { knobFault, knobScale } from './knob-scale';

describe('knobScale', () => {
  it('runs logarithmically where the knob asks for it', () => {
    const scale = knobScale({ value: 0.02, min: 1e-5, max: 1, scale: 'log' });
    expect(scale?.value(0)).toBe(1e-5);
    expect(scale?.value(300)).toBe(1);
    expect(scale?.value(180)).toBe(0.01);
    expect(scale?.position(0.001)).toBe(120);
  });

  it('has a position for each whole number where they are few', () => {
    const scale = knobScale({ value: 4, min: 1, max: 9 });
    expect(scale?.positions).toBe(8);
    expect(Array.from({ length: 9 }, (_, at) => scale?.value(at))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('gives values within the bounds that come back to their position', () => {
    for (const bounds of [
      { value: 0.1, min: 0.1, max: 0.7 },
      { value: 5, min: 0, max: 1e9 },
      { value: 1, min: -3.3, max: 8, scale: 'linear' as const },
      { value: 1e-4, min: 3.3e-7, max: 0.123456, scale: 'log' as const },
    ]) {
      const scale = knobScale(bounds);
      for (let position = 0; position <= (scale?.positions ?? 0); position += 7) {
        const value = scale?.value(position) ?? Number.NaN;
        expect(value).toBeGreaterThanOrEqual(bounds.min);
        expect(value).toBeLessThanOrEqual(bounds.max);
        expect(Math.abs((scale?.position(value) ?? Number.NaN) - position)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('clamps, and falls back to linear where a logarithm cannot begin', () => {
    const scale = knobScale({ value: 0.1, min: 0, max: 1, scale: 'log' });
    expect(scale?.value(150)).toBe(0.5);
    expect(scale?.position(-3)).toBe(0);
    expect(scale?.position(3)).toBe(300);
  });

  it.each([
    ['no maximum', { value: 0.1, min: 0, scale: 'log' as const }],
    ['text', { value: 'fast', min: 0, max: 1 }],
    ['nothing between', { value: 1, min: 1, max: 1 }],
  ])('is none: %s', (_what, bounds) => {
    expect(knobScale(bounds)).toBeNull();
  });
});

describe('knobFault', () => {
  it('names the bound', () => {
    expect([0.5, 2, -1, Number.NaN].map((value) => knobFault(value, { min: 0, max: 1 }))).toEqual([
      null,
      'At most 1.',
      'At least 0.',
      'A number is needed.',
    ]);
    expect(knobFault(1e9, {})).toBeNull();
  });
});
