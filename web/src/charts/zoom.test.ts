import { describe, expect, it } from 'vitest';
import { clamped, moved, scaled, zoomed, zoomKey } from './zoom';

const FULL = { from: 0, to: 100 };

describe('zoom', () => {
  it('follows the keys', () => {
    expect(['+', '-', 'ArrowLeft', 'ArrowRight', '0', 'x', 'constructor'].map(zoomKey)).toEqual([
      'in',
      'out',
      'left',
      'right',
      'reset',
      null,
      null,
    ]);
  });

  it('halves the window round its middle, and doubles it', () => {
    expect(zoomed('in', FULL, FULL, false)).toEqual({ from: 25, to: 75 });
    expect(zoomed('out', { from: 40, to: 50 }, FULL, false)).toEqual({ from: 35, to: 55 });
  });

  it('is everything again where it would show more than there is', () => {
    expect(zoomed('out', { from: 25, to: 75 }, FULL, false)).toBeNull();
    expect(zoomed('reset', { from: 25, to: 75 }, FULL, false)).toBeNull();
  });

  it('moves by a quarter, and not beyond the ends', () => {
    expect(moved({ from: 40, to: 60 }, FULL, false, 0.25)).toEqual({ from: 45, to: 65 });
    expect(moved({ from: 85, to: 99 }, FULL, false, 0.25)).toEqual({ from: 86, to: 100 });
    expect(moved({ from: 2, to: 12 }, FULL, false, -0.25)).toEqual({ from: 0, to: 10 });
  });

  it('works in the logarithm on a log axis', () => {
    const range = scaled({ from: 1, to: 10_000 }, { from: 1, to: 10_000 }, true, 0.5, 0.5);
    expect(range?.from).toBeCloseTo(10, 9);
    expect(range?.to).toBeCloseTo(1_000, 9);
  });

  it('knows no bound before the whole is known', () => {
    const unbounded = { from: -Number.MAX_VALUE, to: Number.MAX_VALUE };
    expect(zoomed('left', { from: 40, to: 60 }, unbounded, false)).toEqual({ from: 35, to: 55 });
    expect(zoomed('out', { from: 40, to: 60 }, unbounded, false)).toEqual({ from: 30, to: 70 });
  });

  it('never gets narrower than doubles can tell apart', () => {
    const range = clamped({ from: 50, to: 50 }, FULL);
    expect(range?.to).toBeGreaterThan(range?.from ?? 0);
  });
});
