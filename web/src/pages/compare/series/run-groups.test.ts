import { describe, expect, it } from 'vitest';
import type { ComparedRun } from '../compared';
import type { Quantity } from '../quantities';
import { groupings, groupsOf } from './run-groups';
import { namedMark } from './use-run-marks';

const runs = ['a', 'b', 'c', 'd'].map((runId) => ({ runId }) as ComparedRun);
const quantity = (id: string, values: Quantity['values'], kind: Quantity['kind'] = 'param'): Quantity => ({ id, label: id, kind, values });

describe('groups of runs', () => {
  it('share a value; numbers come by size, and none last', () => {
    const groups = groupsOf(quantity('width', [128, 64, null, 64]), runs, 'light');
    expect(groups.map(({ label, runIds }) => [label, ...runIds])).toEqual([
      ['width = 64', 'b', 'd'],
      ['width = 128', 'a'],
      ['width: none', 'c'],
    ]);
    expect(new Set(groups.map(({ colour }) => colour)).size).toBe(3);
  });

  it('are made by what makes groups at all', () => {
    const quantities = [
      quantity('params.seed', [1, 2, 3, 4]),
      quantity('params.width', [64, 64, 128, 128]),
      quantity('min(metrics.loss)', [1, 1, 2, 2], 'metric'),
      quantity('duration', [1, 1, 2, 2], 'run'),
    ];
    expect(groupings({ quantities, runs } as unknown as Parameters<typeof groupings>[0]).map(({ id }) => id)).toEqual(['params.width']);
  });
});

it('a mark says whose it is, and a gap of one run breaks no other curve', () => {
  expect(namedMark({ kind: 'checkpoint', x: 3, title: 'best' }, 'mlp')).toEqual({ kind: 'checkpoint', x: 3, title: 'mlp: best' });
  expect(namedMark({ kind: 'gap', x: 3, title: '9 events missing' }, 'mlp')).toEqual({
    kind: 'alert',
    x: 3,
    title: 'mlp: 9 events missing',
  });
});
