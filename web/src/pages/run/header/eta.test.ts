import { describe, expect, it } from 'vitest';
import { addSample, estimate, type ProgressSample } from './eta';

const START = 1_000_000;

function fed(...pairs: readonly (readonly [number, number])[]): readonly ProgressSample[] {
  return pairs.reduce<readonly ProgressSample[]>((samples, [at, current]) => addSample(samples, { at: START + at, current }), []);
}

describe('estimate', () => {
  it('takes the average since the start where nothing was seen move yet', () => {
    const now = START + 10_000;
    const samples = [{ at: now, current: 25 }];
    expect(estimate({ current: 25, total: 100, startedAt: START, now, samples })).toEqual({
      fraction: 0.25,
      perSecond: 2.5,
      remainingMs: 30_000,
    });
  });

  it('takes the pace seen, not the average that a pause or a resumed run would spoil', () => {
    const samples = fed([100_000, 50], [102_000, 52], [104_000, 54]);
    const { remainingMs, perSecond } = estimate({ current: 54, total: 64, startedAt: START, now: START + 104_000, samples });
    expect(perSecond).toBe(1);
    expect(remainingMs).toBe(10_000);
  });

  it('counts down between two words of the run, and never below zero', () => {
    const samples = fed([0, 0], [10_000, 10]);
    const at = (now: number) => estimate({ current: 10, total: 20, startedAt: START, now: START + now, samples }).remainingMs;
    expect(at(13_000)).toBe(7_000);
    expect(at(60_000)).toBe(0);
  });

  it('says nothing where nothing can be told', () => {
    const base = { startedAt: START, now: START + 5_000, samples: [] };
    expect(estimate({ ...base, current: 0, total: 10 })).toEqual({ fraction: 0, perSecond: null, remainingMs: null });
    expect(estimate({ ...base, current: 5, total: undefined })).toMatchObject({ fraction: null, remainingMs: null });
    expect(estimate({ ...base, current: 5, total: 0 })).toMatchObject({ fraction: null });
    expect(estimate({ ...base, current: 1, total: 1e12 })).toMatchObject({ remainingMs: null });
    expect(estimate({ ...base, startedAt: null, current: 5, total: 10 })).toMatchObject({ fraction: 0.5, remainingMs: null });
  });

  it('is done at the total and beyond it', () => {
    expect(estimate({ current: 12, total: 10, startedAt: START, now: START + 1, samples: [] })).toMatchObject({
      fraction: 1,
      remainingMs: 0,
    });
  });
});

describe('addSample', () => {
  it('starts again where a restart went back', () => {
    expect(fed([0, 10], [1_000, 20], [2_000, 15])).toEqual([{ at: START + 2_000, current: 15 }]);
  });

  it('keeps what says something new', () => {
    expect(fed([0, 1], [1_000, 1], [2_000, 2])).toHaveLength(2);
  });

  it('stays small and reaches back for minutes', () => {
    let samples: readonly ProgressSample[] = [];
    for (let second = 0; second < 100_000; second++) samples = addSample(samples, { at: second * 1_000, current: second });
    expect(samples.length).toBeLessThanOrEqual(64);
    expect((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)).toBeGreaterThan(30 * 60_000);
    expect(samples.at(-1)?.current).toBe(99_999);
  });
});
