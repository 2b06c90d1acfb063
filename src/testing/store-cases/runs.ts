// Runs as rows: what is put comes back, the newest version counts, and the filters mean what the port says.

import { expect } from 'vitest';
import type { RunQuery, RunRecord, Store } from '../../storage/store.js';
import { sampleBatch, sampleMark, sampleRecord } from '../sample-run.js';
import type { StoreCase } from './case.js';

const FULL: RunRecord = sampleRecord('full', {
  name: 'Näme with \u0000 and \ud800',
  status: 'failed',
  experimentId: 'exp',
  parentRunId: 'parent',
  tags: JSON.parse('{"__proto__": "data", "constructor": "too", "\\ud800": "x"}') as Record<string, string>,
  source: { gitCommit: 'abc', gitDirty: true },
  environment: { hostname: 'node-1', gpus: [{ name: 'A', memory: 80 }], packages: { numpy: '1' } },
  startedAt: 2,
  endedAt: 3,
  message: 'out of memory',
  progress: { current: 3, total: 10, unit: 'epoch' },
  error: { type: 'ValueError', message: 'bad', traceback: 'line 1' },
  exit: { code: null, signal: 'SIGKILL', stderrTail: ['a', 'b'] },
  finalMetrics: { loss: Number.NaN, best: Number.NEGATIVE_INFINITY, zero: -0 },
  workers: [{ worker: '0', incarnation: 'i', status: 'failed', startedAt: 1, endedAt: null, hostname: null }],
  counts: { metric: 3, log: 1 },
  captured: { stdout: 10, stderr: 2 ** 40 },
  process: { pid: 1, startTime: '99', command: 'python', args: ['-u'], cwd: '/', stdoutPath: 'o', stderrPath: 'e' },
  owner: { pid: 7, startTime: '5' },
});

async function put(store: Store, ...runs: RunRecord[]): Promise<void> {
  await store.commit(sampleBatch({ runs }));
}

export function runCases(test: StoreCase): void {
  test('lists experiments by the last start, with the runs that are there and those that are live', async ({ store }) => {
    expect(await store.listExperiments()).toEqual([]);
    const runs = [
      sampleRecord('a', { experimentId: 'old', status: 'completed', startedAt: 5 }),
      sampleRecord('b', { experimentId: 'old', status: 'running', startedAt: 7 }),
      sampleRecord('c', { experimentId: 'n\u0000w', status: 'interrupted', startedAt: 9 }),
      sampleRecord('d', { status: 'failed', startedAt: 8 }),
      sampleRecord('e', { experimentId: 'waiting', status: 'pending' }),
      sampleRecord('f', { experimentId: 'old', status: 'killed', startedAt: 99 }),
    ];
    await store.commit(sampleBatch({ runs }));
    await store.setDeleted('f', 1);
    expect(await store.listExperiments()).toEqual([
      { experimentId: 'n\u0000w', runs: 1, live: 1, lastStartedAt: 9 },
      { experimentId: null, runs: 1, live: 0, lastStartedAt: 8 },
      { experimentId: 'old', runs: 2, live: 1, lastStartedAt: 7 },
      { experimentId: 'waiting', runs: 1, live: 1, lastStartedAt: null },
    ]);
  });

  test('gives a run back with every field', async ({ store }) => {
    await put(store, FULL);
    expect(await store.getRun('full')).toEqual(FULL);
    expect(await store.findRuns({})).toEqual([FULL]);
  });

  test('keeps a tag called __proto__ as data', async ({ store }) => {
    await put(store, FULL);
    const run = await store.getRun('full');
    expect(Object.keys(run?.tags ?? {})).toContain('__proto__');
    const wanted = JSON.parse('{"__proto__": "data"}') as Record<string, string>;
    expect(await store.findRuns({ tags: wanted })).toHaveLength(1);
  });

  test('replaces a run by its newer version', async ({ store }) => {
    await put(store, FULL);
    const newer = sampleRecord('full', { status: 'completed', tags: { only: 'this' } });
    await put(store, newer);
    await put(store, { ...newer, message: 'done' });
    expect(await store.getRun('full')).toEqual({ ...newer, message: 'done' });
    expect(await store.findRuns({ tags: { constructor: 'too' } })).toEqual([]);
    expect(await store.findRuns({ tags: { only: 'this' } })).toHaveLength(1);
  });

  test('knows no run that was never put', async ({ store }) => {
    expect(await store.getRun('nobody')).toBeUndefined();
    expect(await store.findRuns({})).toEqual([]);
    expect(await store.deleteRun('nobody')).toBe(false);
    expect(await store.getMarks('nobody')).toEqual([]);
    expect(await store.listSeries('nobody')).toEqual([]);
  });

  test('finds runs by each condition, and by all of them together', async ({ store }) => {
    const runs = [
      sampleRecord('one', { name: 'Alpha', experimentId: 'e1', status: 'running', createdAt: 10, tags: { team: 'x', gpu: 'a' } }),
      sampleRecord('two', {
        name: 'beta',
        experimentId: 'e1',
        status: 'completed',
        createdAt: 20,
        parentRunId: 'one',
        tags: { team: 'x' },
      }),
      sampleRecord('three', { name: null, experimentId: 'e2', status: 'failed', createdAt: 30 }),
    ];
    await put(store, ...runs);
    const find = async (query: RunQuery) => (await store.findRuns(query)).map((run) => run.runId);
    expect(await find({})).toEqual(['three', 'two', 'one']);
    expect(await find({ experimentId: 'e1' })).toEqual(['two', 'one']);
    expect(await find({ parentRunId: 'one' })).toEqual(['two']);
    expect(await find({ status: 'failed' })).toEqual(['three']);
    expect(await find({ status: ['running', 'completed'] })).toEqual(['two', 'one']);
    expect(await find({ status: [] })).toEqual([]);
    expect(await find({ tags: { team: 'x' } })).toEqual(['two', 'one']);
    expect(await find({ tags: { team: 'x', gpu: 'a' } })).toEqual(['one']);
    expect(await find({ text: 'LPH' })).toEqual(['one']);
    expect(await find({ text: 'THREE' })).toEqual(['three']);
    expect(await find({ text: '%' })).toEqual([]);
    expect(await find({ createdAfter: 20 })).toEqual(['three', 'two']);
    expect(await find({ createdBefore: 20 })).toEqual(['one']);
    expect(await find({ limit: 1, offset: 1 })).toEqual(['two']);
    expect(await find({ limit: 0 })).toEqual([]);
    expect(await find({ experimentId: 'e1', status: 'completed', tags: { team: 'x' }, text: 'bet' })).toEqual(['two']);
  });

  test('keeps the newest mark of each incarnation', async ({ store }) => {
    const first = sampleMark('r', { contiguous: 4, beyond: [{ from: 7, to: 9 }], startTs: 5 });
    const other = sampleMark('r', { worker: 'w\ud800', incarnation: 'b', implied: true });
    await store.commit(sampleBatch({ runs: [sampleRecord('r')], marks: [first, other] }));
    const newer = sampleMark('r', { contiguous: 9, duplicates: 2, declared: [{ from: 2, to: 3, reason: null, counts: { metric: 2 } }] });
    await store.commit(sampleBatch({ marks: [newer] }));
    const marks = await store.getMarks('r');
    expect(marks.sort((a, b) => a.contiguous - b.contiguous)).toEqual([other, newer]);
  });

  test('keeps commands and warnings in order, commands by their newest version', async ({ store }) => {
    const command = {
      commandId: 'c1',
      runId: 'r',
      command: 'stop',
      payload: { deep: [Number.NaN] },
      issuedBy: 'ada',
      issuedAt: 1,
      expiresAt: 2,
      status: 'pending',
      result: null,
      error: null,
      answeredAt: null,
    } as const;
    const warning = { runId: 'r', at: 1, code: 'XT_FIELD_TYPE', detail: 'd', field: null, worker: '', seq: 4 };
    const runs = [sampleRecord('r')];
    await store.commit(sampleBatch({ runs, commands: [command, { ...command, commandId: 'c2' }], warnings: [warning] }));
    await store.commit(sampleBatch({ commands: [{ ...command, status: 'ok' }], warnings: [{ ...warning, at: 2 }] }));
    expect(await store.getCommands('r')).toEqual([
      { ...command, status: 'ok' },
      { ...command, commandId: 'c2' },
    ]);
    expect((await store.getWarnings('r')).map(({ at }) => at)).toEqual([1, 2]);
  });

  test('deletes a run and nothing else', async ({ store }) => {
    await put(store, sampleRecord('gone'), sampleRecord('stays'));
    await store.commit(sampleBatch({ marks: [sampleMark('gone'), sampleMark('stays')] }));
    expect(await store.deleteRun('gone')).toBe(true);
    expect(await store.deleteRun('gone')).toBe(false);
    expect(await store.getRun('gone')).toBeUndefined();
    expect(await store.getMarks('gone')).toEqual([]);
    expect((await store.findRuns({})).map(({ runId }) => runId)).toEqual(['stays']);
    expect(await store.getMarks('stays')).toHaveLength(1);
  });

  test('takes a run id again after its run was deleted', async ({ store }) => {
    await put(store, FULL);
    await store.deleteRun('full');
    await put(store, sampleRecord('full', { name: 'second life' }));
    expect(await store.getRun('full')).toEqual(sampleRecord('full', { name: 'second life' }));
  });
}
