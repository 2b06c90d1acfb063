// The event log: the bytes of every frame, in the order committed, and nothing in between.

import { expect } from 'vitest';
import type { Block, Store } from '../../storage/store.js';
import { SampleRun, sampleBatch } from '../sample-run.js';
import type { StoreCase } from './case.js';

async function blocksOf(store: Store, runId: string): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const block of store.readBlocks(runId)) blocks.push(block);
  return blocks;
}

const join = (blocks: readonly Pick<Block, 'bytes'>[]): Buffer => Buffer.concat(blocks.map(({ bytes }) => bytes));

export function blockCases(test: StoreCase): void {
  test('gives the event log back byte for byte, each run its own', async ({ store }) => {
    const runs = [new SampleRun(), new SampleRun()];
    const expected = runs.map(() => [] as Uint8Array[]);
    for (let commit = 0; commit < 150; commit++) {
      const [run, log] = [runs[commit % 2] as SampleRun, expected[commit % 2] as Uint8Array[]];
      for (let seq = 1; seq <= 1 + (commit % 40); seq++) run.log({ seq: commit * 100 + seq, message: `message ${seq}`.repeat(seq) });
      const batch = run.take();
      log.push(...batch.blocks.map(({ bytes }) => bytes.slice()));
      await store.commit(batch);
    }
    for (const [at, run] of runs.entries()) {
      const blocks = await blocksOf(store, run.runId);
      expect(blocks).toHaveLength(75);
      expect(join(blocks).equals(Buffer.concat(expected[at] ?? []))).toBe(true);
      expect(blocks.map(({ id }) => id)).toEqual(blocks.map(({ id }) => id).sort((a, b) => a - b));
    }
  });

  test('keeps bytes that do not compress, and what belongs to a block', async ({ store }) => {
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * at * 2_654_435_761) >>> 13);
    const implied = JSON.parse('{"": "x-implied", "__proto__": "y"}') as Record<string, string>;
    const { runs } = new SampleRun('odd').take();
    await store.commit(sampleBatch({ runs, blocks: [{ runId: 'odd', bytes: bytes.slice(), events: 7, implied }] }));
    const [block] = await blocksOf(store, 'odd');
    expect(block).toMatchObject({ runId: 'odd', events: 7 });
    expect(Object.entries(block?.implied ?? {})).toEqual(Object.entries(implied));
    expect(Buffer.compare(block?.bytes ?? new Uint8Array(), bytes)).toBe(0);
  });

  test('takes small views of larger memory without touching the rest', async ({ store }) => {
    const shared = new Uint8Array(10_000).fill(1);
    const { runs } = new SampleRun('view').take();
    await store.commit(sampleBatch({ runs, blocks: [{ runId: 'view', bytes: shared.subarray(10, 20), events: 1, implied: {} }] }));
    expect(shared.length).toBe(10_000);
    expect((await blocksOf(store, 'view'))[0]?.bytes).toHaveLength(10);
  });

  test('has no blocks for a run that is not there', async ({ store }) => {
    expect(await blocksOf(store, 'nobody')).toEqual([]);
    const run = new SampleRun();
    await store.commit(run.log({ seq: 1 }).take());
    await store.deleteRun(run.runId);
    expect(await blocksOf(store, run.runId)).toEqual([]);
  });
}
