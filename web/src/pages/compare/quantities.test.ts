import { describe, expect, it } from 'vitest';
import type { RunComparison, RunRow } from '../../api/types';
import { comparedMetrics, quantitiesOf } from './quantities';

const run = (runId: string, status: RunRow['status']): RunRow => ({
  ...{ runId, status, name: null, experimentId: 'digits', parentRunId: null, tags: {}, createdAt: '', startedAt: null, endedAt: null },
  ...{ deletedAt: null, message: null, progress: null, error: null, durationMs: null, notes: null, archived: false, public: false },
});
const stats = (last: number, min: number, max: number) => ({ last, min, max, count: 3 });
/** As it comes over the wire: a number that JSON does not have is a text. */
const wired = 'NaN' as unknown as number;

const comparison: RunComparison = {
  runs: [run('a', 'completed'), run('b', 'failed')],
  params: [
    { key: 'lr', values: [0.1, 0.01] },
    { key: 'layers', values: [[1, 2], undefined] },
    { key: 'nesterov', values: [true, false] },
  ],
  sameParams: 2,
  metrics: [
    { key: 'acc', phase: 'val', better: 'max', values: [stats(0.8, 0.1, 0.9), null as unknown as undefined], best: null },
    { key: 'loss', phase: '', better: 'min', values: [stats(0.3, 0.2, 2), stats(wired, 0.4, 3)], best: 0 },
    { key: 'system/cpu', phase: '', better: 'max', values: [stats(1, 1, 1), stats(1, 1, 1)], best: null },
  ],
  tags: [
    { key: 'team', values: ['x', 'y'] },
    { key: 'xtrack.name', values: ['n', 'm'] },
  ],
  source: [],
  environment: [],
  durations: [12, null],
};

describe('what runs can be laid out by', () => {
  const all = quantitiesOf(comparison);
  const valuesOf = (id: string) => all.find((one) => one.id === id)?.values;

  it('is named as the search language names it', () => {
    expect(all.map(({ id }) => id)).toEqual([
      ...['params.lr', 'params.layers', 'params.nesterov'],
      ...['min(metrics.loss)', 'last(metrics.loss)', 'max(metrics.loss)'],
      ...['max(metrics.acc@val)', 'last(metrics.acc@val)', 'min(metrics.acc@val)'],
      ...['max(metrics.system/cpu)', 'last(metrics.system/cpu)', 'min(metrics.system/cpu)'],
      ...['tags.team', 'duration', 'status'],
    ]);
  });

  it('has numbers, texts, and null where there is nothing', () => {
    expect(valuesOf('params.layers')).toEqual(['[1,2]', null]);
    expect(valuesOf('params.nesterov')).toEqual(['true', 'false']);
    expect(valuesOf('last(metrics.loss)')).toEqual([0.3, Number.NaN]);
    expect(valuesOf('max(metrics.acc@val)')).toEqual([0.9, null]);
    expect(valuesOf('duration')).toEqual([12, null]);
  });
});

it('metrics that most runs share come first, those of the machine last', () => {
  expect(comparedMetrics(comparison).map(({ name, runs }) => [name, runs])).toEqual([
    ['loss', 2],
    ['acc@val', 1],
    ['system/cpu', 2],
  ]);
});
