// What a store does for its own upkeep, where it can.

import { expect } from 'vitest';
import type { DeadLetter } from '../../storage/store.js';
import { SampleRun, sampleBatch, sampleRecord } from '../sample-run.js';
import type { StoreCase } from './case.js';

export function upkeepCases(test: StoreCase): void {
  test('removes old log lines, and nothing else', async ({ store }) => {
    if (store.deleteLogs === undefined) return;
    const [run, other] = [new SampleRun(), new SampleRun()];
    for (let seq = 1; seq <= 2_500; seq++) run.log({ seq, message: `line ${seq}`, ts: seq % 5 === 0 ? 1_999 : 2_000 });
    run.param({ seq: 2_501, ts: 1 }).checkpoint({ seq: 2_502, ts: 1 });
    await store.commit(run.take());
    await store.commit(other.log({ seq: 1, ts: 1 }).take());
    expect(await store.deleteLogs(run.runId, 2_000)).toBe(500);
    const left = await store.getEntries({ runId: run.runId, kind: 'log' });
    expect(left).toHaveLength(2_000);
    expect(left.every(({ ts }) => ts === 2_000)).toBe(true);
    expect(await store.getEntries({ runId: run.runId, kind: 'param' })).toHaveLength(1);
    expect(await store.getEntries({ runId: run.runId, kind: 'checkpoint' })).toHaveLength(1);
    expect(await store.getEntries({ runId: other.runId, kind: 'log' })).toHaveLength(1);
    expect(await store.deleteLogs('nobody', 2_000)).toBe(0);
  });

  test('keeps the event log whole when log lines go', async ({ store }) => {
    if (store.deleteLogs === undefined) return;
    const run = new SampleRun();
    const batch = run.log({ seq: 1 }).log({ seq: 2 }).take();
    const written = Buffer.concat(batch.blocks.map(({ bytes }) => bytes.slice()));
    await store.commit(batch);
    await store.deleteLogs(run.runId, Number.MAX_SAFE_INTEGER);
    const blocks: Uint8Array[] = [];
    for await (const { bytes } of store.readBlocks(run.runId)) blocks.push(bytes);
    expect(Buffer.concat(blocks).equals(written)).toBe(true);
  });

  test('tells how much room a run takes', async ({ store }) => {
    if (store.runBytes === undefined) return;
    const [small, large] = [new SampleRun(), new SampleRun()];
    for (let seq = 1; seq <= 3_000; seq++) large.metric({ seq, value: Math.sin(seq) });
    await store.commit(small.metric({ seq: 1 }).take());
    await store.commit(large.take());
    expect(await store.runBytes(small.runId)).toBeGreaterThan(0);
    expect(await store.runBytes(large.runId)).toBeGreaterThan(20 * (await store.runBytes(small.runId)));
    expect(await store.runBytes('nobody')).toBe(0);
  });

  test('gives dead letters back', async ({ store }) => {
    if (store.getDeadLetters === undefined) return;
    const letter = (at: number): DeadLetter => ({
      runId: 'r',
      at,
      code: 'XT_FRAME_JSON',
      bytes: Uint8Array.from({ length: at }, (_, i) => i),
    });
    await store.commit(sampleBatch({ runs: [sampleRecord('r')], deadLetters: [letter(3), letter(300)] }));
    expect(await store.getDeadLetters('r')).toEqual([letter(3), letter(300)]);
    expect(await store.getDeadLetters('nobody')).toEqual([]);
  });
}
