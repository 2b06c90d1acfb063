// The trash: a run in it is out of sight, and nothing that is committed to it is lost or brings it back.

import { expect } from 'vitest';
import type { RunQuery, Store } from '../../storage/store.js';
import { SampleRun, sampleBatch, sampleRecord } from '../sample-run.js';
import type { StoreCase } from './case.js';

const AT = 1_700_000_000_000_000;

async function found(store: Store, query: RunQuery): Promise<string[]> {
  return (await store.findRuns(query)).map(({ runId }) => runId);
}

export function trashCases(test: StoreCase): void {
  test('shows runs in the trash only where they are asked for', async ({ store }) => {
    const runs = ['a', 'b', 'c'].map((runId, at) => sampleRecord(runId, { createdAt: at, experimentId: runId === 'c' ? 'e' : 'other' }));
    await store.commit(sampleBatch({ runs }));
    expect(await store.setDeleted('b', AT)).toBe(true);
    expect(await store.setDeleted('c', AT + 1)).toBe(true);
    expect(await found(store, {})).toEqual(['a']);
    expect(await found(store, { deleted: 'only' })).toEqual(['c', 'b']);
    expect(await found(store, { deleted: 'include' })).toEqual(['c', 'b', 'a']);
    expect(await found(store, { deleted: 'only', experimentId: 'e' })).toEqual(['c']);
    expect(await store.findRuns({ deleted: 'only', text: 'b' })).toEqual([{ ...runs[1], deletedAt: AT }]);
    expect(await store.getRun('c')).toEqual({ ...runs[2], deletedAt: AT + 1 });
  });

  test('keeps runs in the trash out of every search, while they are written too', async ({ store }) => {
    const [over, live, seen] = [new SampleRun('over'), new SampleRun('live'), new SampleRun('seen')];
    await store.commit(over.metric({ seq: 1, value: 1 }).take({ runs: [sampleRecord('over', { status: 'completed' })] }));
    for (const run of [live, seen]) await store.commit(run.metric({ seq: 1, value: 1 }).take());
    for (const run of [over, live]) await store.setDeleted(run.runId, AT);
    await store.commit(live.metric({ seq: 2, value: 0 }).take());
    const by = { kind: 'metric', key: 'loss', phase: '', stat: 'min' } as const;
    for (const orderBy of [[], [{ by, descending: false }]]) {
      const page = await store.search({ where: null, orderBy, limit: 10 });
      expect(page.runs.map(({ runId }) => runId)).toEqual(['seen']);
    }
  });

  test('gives a run back as it was', async ({ store }) => {
    const run = new SampleRun();
    await store.commit(run.metric({ seq: 1, value: 4 }).take());
    const before = await store.getRun(run.runId);
    await store.setDeleted(run.runId, AT);
    expect(await store.setDeleted(run.runId, null)).toBe(true);
    expect(await store.getRun(run.runId)).toEqual(before);
    expect(await found(store, {})).toEqual([run.runId]);
    expect(await store.listSeries(run.runId)).toMatchObject([{ count: 1, last: { value: 4 } }]);
  });

  test('keeps what is committed to a run in the trash, and leaves it there', async ({ store }) => {
    const run = new SampleRun();
    await store.commit(run.metric({ seq: 1, value: 1 }).take());
    await store.setDeleted(run.runId, AT);
    const runs = [sampleRecord(run.runId, { message: 'still at it' })];
    await store.commit(run.metric({ seq: 2, value: 2 }).take({ runs }));
    expect(await found(store, {})).toEqual([]);
    expect(await store.getRun(run.runId)).toMatchObject({ message: 'still at it', deletedAt: AT });
    expect(await store.listSeries(run.runId)).toMatchObject([{ count: 2 }]);
  });

  test('takes the trash from nobody but setDeleted', async ({ store }) => {
    await store.commit(sampleBatch({ runs: [sampleRecord('r', { deletedAt: AT })] }));
    expect(await store.getRun('r')).toEqual(sampleRecord('r'));
    expect(await store.setDeleted('nobody', AT)).toBe(false);
  });

  test('deletes a run in the trash for good, and its id is free again', async ({ store }) => {
    await store.commit(sampleBatch({ runs: [sampleRecord('r')] }));
    await store.setDeleted('r', AT);
    expect(await store.deleteRun('r')).toBe(true);
    expect(await store.setDeleted('r', null)).toBe(false);
    expect(await found(store, { deleted: 'include' })).toEqual([]);
    await store.commit(sampleBatch({ runs: [sampleRecord('r', { name: 'second life' })] }));
    expect(await store.getRun('r')).toEqual(sampleRecord('r', { name: 'second life' }));
  });

  test('keeps the trash over opening again', async ({ store, reopen }) => {
    if (reopen === undefined) return;
    await store.commit(sampleBatch({ runs: [sampleRecord('kept'), sampleRecord('gone')] }));
    await store.setDeleted('gone', AT);
    expect(await found(await reopen(), { deleted: 'only' })).toEqual(['gone']);
  });
}
