import { afterEach, describe, expect, it } from 'vitest';
import { elapsedTicks, formatElapsed, formatTick, linearTicks, logTicks, ticksOf } from './ticks';

const labels = (ticks: readonly { readonly label: string }[]): string[] => ticks.map(({ label }) => label);

describe('linear ticks', () => {
  it('stand at 1, 2 or 5 times a power of ten', () => {
    expect(labels(linearTicks({ from: 0, to: 1 }, 5))).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1']);
    expect(labels(linearTicks({ from: -3, to: 7 }, 5))).toEqual(['−2', '0', '2', '4', '6']);
  });

  it('have as many digits as tell neighbours apart', () => {
    expect(labels(linearTicks({ from: 1.00001, to: 1.00003 }, 2))).toEqual(['1.00001', '1.00002', '1.00003']);
    expect(labels(linearTicks({ from: 0, to: 1_000_000 }, 4))).toEqual(['0', '0.5M', '1M']);
    expect(labels(linearTicks({ from: 0, to: 20_000 }, 4))).toEqual(['0', '5k', '10k', '15k', '20k']);
    expect(labels(linearTicks({ from: 1_000_000, to: 1_000_004 }, 4))).toEqual(['1M', '1.000001M', '1.000002M', '1.000003M', '1.000004M']);
  });

  it('end, however narrow the range is beside its values', () => {
    expect(linearTicks({ from: 1e300, to: 1e300 }, 5).length).toBeLessThanOrEqual(200);
    expect(linearTicks({ from: 0, to: Number.MAX_VALUE }, 5).length).toBeGreaterThan(0);
  });
});

describe('log ticks', () => {
  it('stand at powers of ten, with 2 and 5 where there is room', () => {
    expect(logTicks({ from: 1, to: 1_000 }, 4).map(({ at }) => at)).toEqual([1, 10, 100, 1_000]);
    expect(logTicks({ from: 1, to: 100 }, 9).map(({ at }) => at)).toEqual([1, 2, 5, 10, 20, 50, 100]);
  });

  it('leave decades out where there are many', () => {
    expect(logTicks({ from: 1e-12, to: 1e12 }, 4).map(({ at }) => at)).toEqual([1e-12, 1e-6, 1, 1e6, 1e12]);
  });

  it('are even within one decade', () => {
    expect(logTicks({ from: 2, to: 4 }, 4).map(({ at }) => at)).toEqual([2, 2.5, 3, 3.5, 4]);
  });
});

describe('time', () => {
  it('is cut as a clock is', () => {
    expect(labels(elapsedTicks({ from: 0, to: 7_200 }, 4))).toEqual(['0s', '30m', '1h', '1h 30m', '2h']);
  });

  it('is said in two units', () => {
    expect([5, 65, 3_600, 3_900, 90_000].map(formatElapsed)).toEqual(['5s', '1m 05s', '1h', '1h 05m', '1d 1h']);
  });

  it('names the day once', () => {
    const day = 86_400;
    const ticks = ticksOf('time', false, { from: day * 20_000, to: day * 20_000 + 4 * 3_600 }, 4);
    expect(ticks.length).toBeGreaterThanOrEqual(4);
    expect(ticks[0]?.label).toMatch(/^\d\d-\d\d \d\d:\d\d$/);
    expect(ticks[1]?.label).toMatch(/\d\d:\d\d$/);
  });
});

describe('formatTick', () => {
  it('uses an exponent for what is very small or large', () => {
    expect(formatTick(1e-7, 1e-7)).toBe('1e−7');
    expect(formatTick(2.5e16, 5e15)).toBe('2.5e16');
  });
});

describe('steps', () => {
  it('have no ticks between them', () => {
    expect(labels(ticksOf('step', false, { from: 9.5, to: 10.5 }, 5))).toEqual(['10']);
    expect(labels(ticksOf('epoch', false, { from: 0, to: 1 }, 5))).toContain('0.2');
  });
});

describe('a clock that is put forward or back', () => {
  const before = process.env.TZ;
  afterEach(() => {
    process.env.TZ = before;
    if (before === undefined) delete process.env.TZ;
  });

  it.each([
    ['2026-03-28T00:00:00+01:00', '2026-03-31T00:00:00+02:00', '2026-03-30T12:00:00+02:00', '12:00'],
    ['2026-10-24T00:00:00+02:00', '2026-10-27T00:00:00+01:00', '2026-10-26T12:00:00+01:00', '12:00'],
  ])('has its ticks where its face says, from %s on', (from, to, noon, label) => {
    process.env.TZ = 'Europe/Berlin';
    const seconds = (iso: string): number => Date.parse(iso) / 1000;
    const ticks = ticksOf('time', false, { from: seconds(from), to: seconds(to) }, 8);
    expect(ticks.find(({ at }) => at === seconds(noon))?.label).toContain(label);
    for (const { at, label: shown } of ticks) {
      const face = new Date(at * 1000).toLocaleTimeString('sv-SE', { hour: '2-digit', minute: '2-digit' });
      expect(shown).toContain(face);
    }
  });
});
