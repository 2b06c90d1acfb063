// Closing and opening again changes nothing that can be seen.

import { expect } from 'vitest';
import type { Store } from '../../storage/store.js';
import { SampleRun, sampleMark, sampleRecord } from '../sample-run.js';
import type { StoreCase } from './case.js';

/** Everything that a store tells of a run. */
async function pictureOf(store: Store, runId: string): Promise<unknown> {
  const blocks = [];
  for await (const block of store.readBlocks(runId)) blocks.push({ ...block, bytes: Buffer.from(block.bytes).toString('base64') });
  const entries = [];
  for (const kind of ['param', 'log', 'artifact', 'checkpoint'] as const) entries.push(await store.getEntries({ runId, kind }));
  const series = await store.listSeries(runId);
  const keys = [...new Set(series.map(({ key }) => key))];
  const data = await Promise.all(
    keys.flatMap((key) => [store.readSeries({ runId, key }), store.readSeries({ runId, key, maxPoints: 50 })]),
  );
  return { run: await store.getRun(runId), marks: await store.getMarks(runId), series, data, entries, blocks };
}

function fill(run: SampleRun, from: number, to: number): void {
  for (let seq = from; seq < to; seq++) {
    run.metric({ seq, value: Math.cos(seq), step: seq, incarnation: seq % 2 === 0 ? 'a' : 'b' });
    if (seq % 50 === 0)
      run.metrics({
        seq: seq + 100_000,
        metrics: new Map([
          ['rare', seq],
          ['__proto__', -seq],
        ]),
        worker: 'w',
      });
    if (seq % 400 === 0) run.log({ seq: seq + 200_000, message: `at ${seq}` });
  }
}

export function reopenCases(test: StoreCase): void {
  test('shows the same after opening again, and goes on from there', async ({ store, reopen }) => {
    if (reopen === undefined) return;
    const run = new SampleRun('kept');
    for (const [from, to] of [
      [1, 10],
      [10, 3_333],
      [3_333, 3_340],
    ] as const) {
      fill(run, from, to);
      await store.commit(run.take({ marks: [sampleMark('kept', { contiguous: to })] }));
    }
    const before = await pictureOf(store, 'kept');
    const second = await reopen();
    expect(await pictureOf(second, 'kept')).toEqual(before);
    const later = new SampleRun('kept');
    fill(later, 3_340, 4_000);
    await second.commit(later.take({ runs: [sampleRecord('kept', { status: 'completed', endedAt: 5 })] }));
    const after = await pictureOf(second, 'kept');
    expect((await second.listSeries('kept')).reduce((sum, { count }) => sum + count, 0)).toBe(3_999 + 2 * 79);
    expect(await pictureOf(await reopen(), 'kept')).toEqual(after);
  });

  test('replays events without an incarnation under the implied one', async ({ store, reopen }) => {
    if (reopen === undefined) return;
    const run = new SampleRun('old', { '': 'implied-1' });
    await store.commit(run.metric({ seq: 1, value: 1, incarnation: '' }).take());
    const again = new SampleRun('old', { '': 'implied-1' });
    const second = await reopen();
    await second.commit(again.metric({ seq: 2, value: 2, incarnation: '' }).take());
    expect(await second.listSeries('old')).toMatchObject([{ count: 2, first: { value: 1 }, last: { value: 2 } }]);
  });
}
