import { describe, expect, it } from 'vitest';
import type { RunComparison, RunRow } from '../../../api/types';
import { commitsOf, diffCommand } from './git-panel';
import { bestPlaces, filterRows, sayChange, tableRows } from './table-rows';

const run = (runId: string): RunRow => ({
  ...{
    runId,
    status: 'completed',
    name: null,
    experimentId: 'digits',
    parentRunId: null,
    tags: {},
    createdAt: '',
    startedAt: null,
    endedAt: null,
  },
  ...{ deletedAt: null, message: null, progress: null, error: null, durationMs: null, notes: null, archived: false, public: false },
});
const stats = (last: number, min: number, max: number) => ({ last, min, max, count: 3 });

const comparison: RunComparison = {
  runs: [run('a'), run('b'), run('c')],
  params: [
    { key: 'lr', values: [0.1, 0.01, 0.1] },
    { key: 'opt', values: ['sgd', undefined, null] },
  ],
  sameParams: 1,
  metrics: [{ key: 'acc', phase: 'val', better: 'max', values: [stats(0.8, 0.1, 0.9), stats(0.9, 0.1, 0.9), undefined], best: null }],
  tags: [
    { key: 'team', values: ['x', 'y', 'x'] },
    { key: 'xtrack.name', values: ['x', 'y', 'z'] },
  ],
  source: [
    { key: 'gitCommit', values: ['a'.repeat(40), 'b'.repeat(40), '; rm -rf ~'] },
    { key: 'gitDirty', values: [false, true, false] },
  ],
  environment: [{ key: 'packages.torch', values: ['2.9', '2.8', '2.9'] }],
  durations: [61, 3_700, null],
};
const keys = (rows: ReturnType<typeof tableRows>) => rows.map(({ section, key }) => `${section}.${key}`);

describe('the table', () => {
  it('has what differs, params first', () => {
    expect(keys(tableRows(comparison, null))).toEqual([
      ...['params.lr', 'params.opt', 'metrics.acc@val last', 'metrics.acc@val min', 'metrics.acc@val max', 'tags.team'],
      ...['source.gitCommit', 'source.gitDirty', 'environment.packages.torch', 'run.duration'],
    ]);
  });

  it('has everything where it is asked for, behind what differs', () => {
    const rows = tableRows(comparison, { params: { lr: 0.1, seed: 7 }, tags: { team: 'x', host: 'h', 'xtrack.notes': 'n' } });
    expect(keys(rows)).toEqual(expect.arrayContaining(['params.seed', 'tags.host', 'run.status', 'run.experiment']));
    expect(keys(rows).indexOf('params.seed')).toBe(2);
    expect(keys(rows).filter((key) => key.includes('xtrack.'))).toEqual([]);
    expect(rows[2]).toMatchObject({ differs: false, cells: [{ text: '7' }, { text: '7' }, { text: '7' }] });
  });

  it('tells params apart by their last digit', () => {
    const seeds = { key: 'seed', values: [1_234_567_890, 1_234_567_891, 1_234_567_892] };
    const rows = tableRows({ ...comparison, params: [seeds] }, null);
    expect(rows[0]).toMatchObject({
      key: 'seed',
      differs: true,
      cells: [{ text: '1234567890' }, { text: '1234567891' }, { text: '1234567892' }],
    });
  });

  it('writes each value, and marks the best', () => {
    const [lr, opt, last, min, max] = tableRows(comparison, null);
    expect(lr?.cells.map(({ text }) => text)).toEqual(['0.1', '0.01', '0.1']);
    expect(opt?.cells.map(({ text }) => text)).toEqual(['sgd', '', '']);
    expect([last?.best, min?.best, max?.best]).toEqual([[1], [], []]);
    expect(
      tableRows(comparison, null)
        .at(-1)
        ?.cells.map(({ text }) => text),
    ).toEqual(['1m 01s', '1h 01m', '']);
  });

  it('is filtered by key and by value', () => {
    const rows = tableRows(comparison, null);
    expect(keys(filterRows(rows, 'ACC@val l'))).toEqual(['metrics.acc@val last']);
    expect(keys(filterRows(rows, 'sgd'))).toEqual(['params.opt']);
    expect(keys(filterRows(rows, 'environment.'))).toEqual(['environment.packages.torch']);
    expect(filterRows(rows, ' ')).toHaveLength(rows.length);
  });
});

it('the best is the lowest or highest finite value, where there is one to tell', () => {
  expect(bestPlaces([3, 1, null, 1, Number.NaN], 'min')).toEqual([1, 3]);
  expect(bestPlaces([3, Number.POSITIVE_INFINITY, 2], 'max')).toEqual([0]);
  expect(bestPlaces([2, 2, null], 'max')).toEqual([]);
});

it('a change is said in per cent of the base', () => {
  expect(sayChange(0.11, 0.1)).toBe('+10 %');
  expect(sayChange(0.0666, 0.1)).toBe('−33 %');
  expect(sayChange(-2, -1)).toBe('−100 %');
  expect(sayChange(5, 0)).toBe('+5');
  expect([sayChange(1, 1), sayChange(null, 1), sayChange(Number.NaN, 1)]).toEqual(['', '', '']);
});

describe('the difference of the code', () => {
  it('is asked of Git, with commits and nothing else', () => {
    const commits = commitsOf(comparison);
    expect(commits).toEqual([
      { at: 0, commit: 'a'.repeat(40), isDirty: false },
      { at: 1, commit: 'b'.repeat(40), isDirty: true },
    ]);
    expect(diffCommand(commits[0]?.commit ?? '', commits[1]?.commit ?? '')).toBe('git diff aaaaaaaaaaaa bbbbbbbbbbbb');
    expect(commitsOf({ source: [] })).toEqual([]);
  });
});
