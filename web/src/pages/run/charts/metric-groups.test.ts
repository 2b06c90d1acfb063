import { describe, expect, it } from 'vitest';
import type { SeriesSummary } from '../../../api/types';
import { axisOf, comparePhases, groupMetrics, hasManyWorkers, placesFor, workersOf } from './metric-groups';

const point = { step: 1, epoch: null, ts: 1, value: 1 };

function summary(key: string, phase = '', worker = ''): SeriesSummary {
  return { key, phase, worker, aggregation: '', count: 1, min: 1, max: 1, first: point, last: point };
}

const SERIES = [
  summary('system/cpu_percent'),
  summary('train/loss'),
  summary('train/layer10'),
  summary('train/layer2'),
  summary('loss', 'train'),
  summary('loss', 'val'),
  summary('constructor/x'),
];

describe('groups of metrics', () => {
  it('follow the prefixes: metrics without one first, system last', () => {
    const groups = groupMetrics(SERIES, 'prefix', '');
    expect(groups.map(({ name }) => name)).toEqual(['metrics', 'constructor', 'train', 'system']);
    expect(groups.at(-1)?.isSystem).toBe(true);
  });

  it('have one chart for a key, its phases together, numbers in names by their size', () => {
    const [plain, , train] = groupMetrics(SERIES, 'prefix', '');
    expect(plain?.charts.map(({ key, series, phase }) => [key, series.length, phase])).toEqual([['loss', 2, null]]);
    expect(train?.charts.map(({ title }) => title)).toEqual(['layer2', 'layer10', 'loss']);
  });

  it('have a chart for each phase of a key where they follow the phases', () => {
    const groups = groupMetrics(SERIES, 'phase', '');
    expect(groups.map(({ name }) => name)).toEqual(['train', 'val', 'no phase', 'system']);
    expect(groups[0]?.charts.map(({ id, phase }) => [id, phase])).toEqual([['train:loss', 'train']]);
    expect(groups[2]?.charts.map(({ phase }) => phase)).toEqual(['', '', '', '']);
  });

  it('hold only what has all words of the filter in its name', () => {
    const names = (filter: string): string[] =>
      groupMetrics(SERIES, 'prefix', filter).flatMap(({ charts }) => charts.map(({ key }) => key));
    expect(names('LAYER 2')).toEqual(['train/layer2']);
    expect(names('val loss')).toEqual(['loss']);
    expect(names('nothing')).toEqual([]);
  });

  it('know how many workers there are', () => {
    const many = [summary('loss', '', 'a'), summary('loss', '', 'b')];
    expect(workersOf(many)).toBe(2);
    expect(hasManyWorkers(groupMetrics(many, 'prefix', ''))).toBe(true);
    expect(hasManyWorkers(groupMetrics(SERIES, 'prefix', ''))).toBe(false);
  });
});

it('orders phases as they follow each other', () => {
  expect(['test', 'val', '', 'train'].sort(comparePhases)).toEqual(['', 'train', 'val', 'test']);
});

it('draws along the next best axis what has no place on the one asked for', () => {
  const bare = { ...summary('a'), first: { ...point, step: null }, last: { ...point, step: null } };
  expect(axisOf([summary('a')], 'step')).toBe('step');
  expect(axisOf([summary('a')], 'epoch')).toBe('step');
  expect(axisOf([bare], 'step')).toBe('relative');
  expect(axisOf([bare], 'epoch')).toBe('relative');
  expect(axisOf([bare], 'time')).toBe('time');
});

it('reads merged workers along time at fewer places than each has points', () => {
  const long = { ...summary('a'), count: 1_000, first: { ...point, ts: 0 }, last: { ...point, ts: 100_000_000 } };
  expect(placesFor([summary('a'), long], 'step', null, 750)).toBe(750);
  expect(placesFor([summary('a'), long], 'time', null, 750)).toBe(256);
  expect(placesFor([long], 'time', null, 100)).toBe(100);
  expect(placesFor([long], 'relative', { from: 0, to: 10 }, 750)).toBe(32);
  expect(placesFor([summary('a')], 'time', null, 750)).toBe(1);
});
