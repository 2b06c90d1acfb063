import { describe, expect, it } from 'vitest';
import type { Series } from '../../../api/types';
import { groupCurves, ownCurves, sayBehind } from './chart-curves';

const head = { key: 'loss', worker: null, aggregation: '', superseded: false } as const;
const points = (runId: string, x: number[], value: number[], phase = ''): Series => ({
  ...{ ...head, kind: 'points', runId, phase, x, value, total: x.length, step: x, epoch: x, ts: x },
});
const run = (runId: string) => ({ runId, name: `run ${runId}`, colour: '#123456', dashed: false });

describe('the curves of a chart', () => {
  it('are those of one phase, a run each; runs without it have none', () => {
    const runs = [run('a'), run('b'), run('c')];
    const found = [[points('a', [0, 1], [1, 2], 'val'), points('a', [0], [9], 'train')], [], [points('c', [], [], 'val')]];
    const [own, ...others] = ownCurves(runs, found, 'val', 'step');
    expect(others).toEqual([]);
    expect(own?.curve).toMatchObject({ id: 'a', label: 'run a', colour: '#123456', dashed: false, total: 2 });
    expect([...Array.from(own?.curve.mean ?? [])]).toEqual([1, 2]);
  });

  it('of a group are a mean with its band, and say who stands behind', () => {
    const found = [[points('a', [0, 10], [1, 2])], [points('b', [0], [3])], [points('c', [0], [7])]];
    const own = ownCurves([run('a'), run('b'), run('c')], found, '', 'step');
    const group = (label: string, ...runIds: string[]) => ({ label, colour: '#000', dashed: false, runIds: new Set(runIds) });
    const [sgd, ...others] = groupCurves([group('sgd', 'a', 'b'), group('none', 'z')], own, 'range');
    expect(others).toEqual([]);
    expect(sgd?.runs).toBe(2);
    expect(sgd?.curve).toMatchObject({ id: 'group sgd', label: 'sgd (2)', total: 3 });
    expect(Array.from(sgd?.curve.mean ?? [])).toEqual([2, 2]);
    expect(Array.from(sgd?.curve.count ?? [])).toEqual([2, 1]);
    expect(sgd?.behind).toEqual([
      { from: 0, runs: 2 },
      { from: 10, runs: 1 },
    ]);
  });

  it('tell how many runs stand behind them', () => {
    const place = (x: number) => `step ${x}`;
    const behind = (...counts: number[]) => counts.map((runs, at) => ({ from: at * 100, runs }));
    expect(sayBehind(behind(8), place)).toBe('8 runs');
    expect(sayBehind(behind(8, 5, 1), place)).toBe('8 runs, 5 from step 100 on, 1 from step 200 on');
    expect(sayBehind(behind(1, 2, 3, 8), place)).toBe('1 to 8 runs at a place');
    expect(sayBehind(behind(0), place)).toBe('no runs');
  });
});
