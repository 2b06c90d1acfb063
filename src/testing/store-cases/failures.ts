// What fails leaves nothing behind, and a closed store says that it is closed.

import { expect } from 'vitest';
import { SampleRun, sampleRecord } from '../sample-run.js';
import type { StoreCase } from './case.js';

export function failureCases(test: StoreCase): void {
  test('rejects a batch whose points name an unknown track, with nothing stored', async ({ store }) => {
    const run = new SampleRun();
    await store.commit(run.metric({ seq: 1, value: 1 }).take());
    const bad = run
      .metric({ seq: 2, value: 2 })
      .log({ seq: 3 })
      .take({ runs: [sampleRecord(run.runId, { name: 'half' })] });
    bad.points.track.fill(4_000_000_000);
    await expect(store.commit(bad)).rejects.toMatchObject({ code: 'XT_STORE_WRITE' });
    expect((await store.getRun(run.runId))?.name).toBeNull();
    expect(await store.getEntries({ runId: run.runId, kind: 'log' })).toEqual([]);
    expect((await store.listSeries(run.runId))[0]?.count).toBe(1);
    await store.commit(run.metric({ seq: 2, value: 5 }).take());
    const [series] = await store.readSeries({ runId: run.runId, key: 'loss' });
    expect(series?.kind === 'points' ? Array.from(series.value) : []).toEqual([1, 5]);
  });

  test('is closed twice without harm, and refuses everything afterwards', async ({ store }) => {
    await store.close();
    await store.close();
    const closed = { code: 'XT_CLOSED' };
    await expect(store.getRun('r')).rejects.toMatchObject(closed);
    await expect(store.commit(new SampleRun().take())).rejects.toMatchObject(closed);
    await expect(store.readSeries({ runId: 'r', key: 'k' })).rejects.toMatchObject(closed);
    await expect(
      store
        .readManySeries([{ runId: 'r', key: 'k' }])
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toMatchObject(closed);
    await expect(store.readBlocks('r')[Symbol.asyncIterator]().next()).rejects.toMatchObject(closed);
  });

  test('keeps the order of commits that are made without waiting', async ({ store }) => {
    const run = new SampleRun();
    const commits = [];
    for (let seq = 1; seq <= 50; seq++)
      commits.push(
        store.commit(
          run
            .param({ seq, value: seq })
            .metric({ seq: 100 + seq, value: seq })
            .take(),
        ),
      );
    await Promise.all(commits);
    expect(await store.getEntries({ runId: run.runId, kind: 'param' })).toMatchObject([{ value: 50 }]);
    expect((await store.listSeries(run.runId))[0]).toMatchObject({ count: 50, first: { value: 1 }, last: { value: 50 } });
  });
}
