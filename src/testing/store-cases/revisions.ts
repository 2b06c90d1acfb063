// Two who write to one run: the store takes the part of whoever read it last, and refuses the other's alone.

import { expect } from 'vitest';
import type { Batch, RevisionStep, Store } from '../../storage/store.js';
import { SampleRun, sampleBatch, sampleMark, sampleRecord } from '../sample-run.js';
import type { StoreCase } from './case.js';

const step = (runId: string, from: number, to: number): RevisionStep => ({ runId, from, to });

/** One batch of all of them. */
function joined(batches: readonly Batch[], revisions: readonly RevisionStep[]): Batch {
  const lists = ['blocks', 'tracks', 'runs', 'marks', 'entries', 'commands', 'warnings', 'deadLetters'] as const;
  const points = batches.map((batch) => batch.points);
  const column = (name: 'seq' | 'step' | 'epoch' | 'ts' | 'value'): Float64Array =>
    Float64Array.from(points.flatMap((each) => Array.from(each[name].subarray(0, each.length))));
  return {
    ...sampleBatch(Object.fromEntries(lists.map((list) => [list, batches.flatMap((batch): unknown[] => [...batch[list]])]))),
    points: {
      length: points.reduce((sum, { length }) => sum + length, 0),
      track: Uint32Array.from(points.flatMap(({ track, length }) => Array.from(track.subarray(0, length)))),
      seq: column('seq'),
      step: column('step'),
      epoch: column('epoch'),
      ts: column('ts'),
      value: column('value'),
    },
    revisions,
  };
}

async function eventsOf(store: Store, runId: string): Promise<number> {
  let events = 0;
  for await (const block of store.readBlocks(runId)) events += block.events;
  return events;
}

async function totalOf(store: Store, runId: string): Promise<number> {
  return (await store.readSeries({ runId, key: 'loss' }))[0]?.total ?? 0;
}

export function revisionCases(test: StoreCase): void {
  test('gives a run the revision that its commit says, and knows none of a run that is not there', async ({ store }) => {
    expect(await store.getRevision?.('r')).toBe(0);
    const run = new SampleRun('r');
    expect(await store.commit(run.metric({ seq: 1 }).take({ revisions: [step('r', 0, 2 ** 51 + 1)] }))).toEqual([]);
    expect(await store.getRevision?.('r')).toBe(2 ** 51 + 1);
    expect(await store.commit(run.metric({ seq: 2 }).take({ revisions: [step('r', 2 ** 51 + 1, 8)] }))).toEqual([]);
    expect(await store.getRevision?.('r')).toBe(8);
  });

  test('refuses the part of a run that somebody else wrote to since, and stores that of all others', async ({ store }) => {
    const [stale, innocent] = [new SampleRun('stale'), new SampleRun('innocent')];
    await store.commit(
      joined([stale.metric({ seq: 1 }).take(), innocent.metric({ seq: 1 }).take()], [step('stale', 0, 5), step('innocent', 0, 6)]),
    );
    await store.commit(stale.metric({ seq: 2 }).take({ revisions: [step('stale', 5, 9)] }));
    const late = stale
      .metric({ seq: 3 })
      .log({ seq: 4 })
      .take({ runs: [sampleRecord('stale', { name: 'late' })], marks: [sampleMark('stale', { contiguous: 4 })] });
    const refused = await store.commit(
      joined([late, innocent.metric({ seq: 2 }).param({ seq: 3 }).take()], [step('stale', 5, 10), step('innocent', 6, 11)]),
    );
    expect(refused).toMatchObject([{ runId: 'stale', code: 'XT_RUN_CHANGED' }]);
    expect([await eventsOf(store, 'stale'), await totalOf(store, 'stale')]).toEqual([2, 2]);
    expect((await store.getRun('stale'))?.name).toBeNull();
    expect(await store.getMarks('stale')).toEqual([]);
    expect(await store.getEntries({ runId: 'stale', kind: 'log' })).toEqual([]);
    expect([await eventsOf(store, 'innocent'), await totalOf(store, 'innocent')]).toEqual([3, 2]);
    expect([await store.getRevision?.('stale'), await store.getRevision?.('innocent')]).toEqual([9, 11]);
  });

  test('refuses the part of a run that was removed, and brings nothing of it back', async ({ store }) => {
    const [gone, innocent] = [new SampleRun('gone'), new SampleRun('innocent')];
    await store.commit(gone.metric({ seq: 1 }).take({ revisions: [step('gone', 0, 5)] }));
    await store.deleteRun('gone');
    const refused = await store.commit(
      joined([gone.metric({ seq: 2 }).take(), innocent.metric({ seq: 1 }).take()], [step('gone', 5, 6), step('innocent', 0, 7)]),
    );
    expect(refused).toMatchObject([{ runId: 'gone', code: 'XT_RUN_CHANGED' }]);
    expect(await store.getRun('gone')).toBeUndefined();
    expect([await eventsOf(store, 'gone'), await totalOf(store, 'innocent')]).toEqual([0, 1]);
  });

  test('refuses the second of two who begin the same run', async ({ store }) => {
    const [first, second] = [new SampleRun('r'), new SampleRun('r')];
    expect(await store.commit(first.metric({ seq: 1 }).take({ revisions: [step('r', 0, 5)] }))).toEqual([]);
    expect(await store.commit(second.metric({ seq: 1 }).take({ revisions: [step('r', 0, 6)] }))).toMatchObject([{ runId: 'r' }]);
    expect([await eventsOf(store, 'r'), await totalOf(store, 'r')]).toEqual([1, 1]);
  });

  test('refuses whoever grew from before a commit that names no revision', async ({ store }) => {
    const run = new SampleRun('r');
    await store.commit(run.metric({ seq: 1 }).take({ revisions: [step('r', 0, 5)] }));
    await store.commit(run.metric({ seq: 2 }).take());
    expect(await store.commit(run.metric({ seq: 3 }).take({ revisions: [step('r', 5, 6)] }))).toMatchObject([{ runId: 'r' }]);
    expect(await eventsOf(store, 'r')).toBe(2);
  });

  test('goes on with a run after its part was refused', async ({ store }) => {
    const run = new SampleRun('r');
    for (let seq = 1; seq <= 2_000; seq++) run.metric({ seq });
    await store.commit(run.take({ revisions: [step('r', 0, 5)] }));
    for (let seq = 2_001; seq <= 2_100; seq++) run.metric({ seq });
    await store.commit(run.take({ revisions: [step('r', 4, 6)] }));
    const again = new SampleRun('r');
    for (let seq = 2_001; seq <= 4_000; seq++) again.metric({ seq });
    expect(await store.commit(again.take({ revisions: [step('r', 5, 7)] }))).toEqual([]);
    expect([await eventsOf(store, 'r'), await totalOf(store, 'r')]).toEqual([4_000, 4_000]);
  });

  test('remembers the workers of a run that was removed, and no others', async ({ store }) => {
    const marks = [sampleMark('r', { worker: 'w\u0000', incarnation: 'i1' }), sampleMark('r', { worker: 'v', incarnation: 'i2' })];
    await store.commit(new SampleRun('r').metric({ seq: 1 }).take({ marks }));
    expect(await store.getBuried?.('r')).toEqual([]);
    await store.deleteRun('r');
    const buried = (await store.getBuried?.('r')) ?? [];
    expect(buried.map(({ worker, incarnation }) => [worker, incarnation]).sort()).toEqual([
      ['v', 'i2'],
      ['w\u0000', 'i1'],
    ]);
    expect(await store.getBuried?.('other')).toEqual([]);
  });

  test('takes no command to a run that is not there', async ({ store }) => {
    const command = {
      commandId: 'c1',
      runId: 'r',
      command: 'stop',
      payload: {},
      issuedBy: null,
      issuedAt: 1,
      expiresAt: 2,
      status: 'expired',
      result: null,
      error: null,
      answeredAt: null,
    } as const;
    await store.commit(sampleBatch({ commands: [command] }));
    expect(await store.getCommands('r')).toEqual([]);
    expect(await store.commit(new SampleRun('r').metric({ seq: 1 }).take({ revisions: [step('r', 0, 5)] }))).toEqual([]);
  });
}
