// The storage thread dies: it is started again, and nothing that was being committed is lost, stored twice or waited for in vain.

import { mkdtemp, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import workerThreads, { type ResourceLimits, type Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleRun } from '../../testing/sample-run.js';
import type { Batch, Store } from '../store.js';
import { openSqliteStore } from './store.js';

const Original = workerThreads.Worker;
let threads: Worker[];
let limits: ResourceLimits | undefined;
let directory: string;
let store: Store;

beforeEach(async () => {
  threads = [];
  limits = undefined;
  workerThreads.Worker = class extends Original {
    constructor(file: string | URL, options?: ConstructorParameters<typeof Original>[1]) {
      super(file, { ...options, ...(limits !== undefined && { resourceLimits: limits }) });
      threads.push(this);
    }
  };
  syncBuiltinESMExports();
  directory = await mkdtemp(join(tmpdir(), 'xtrack-thread-'));
  store = await openSqliteStore({ directory });
});

afterEach(async () => {
  workerThreads.Worker = Original;
  syncBuiltinESMExports();
  await store.close();
  await rm(directory, { recursive: true });
});

let revision = 0;

function batch(run: SampleRun, from: number, to: number): Batch {
  for (let seq = from; seq <= to; seq++) run.metric({ seq, value: seq });
  revision += 1;
  return run.take({ revisions: [{ runId: run.runId, from: revision - 1, to: revision }] });
}

async function stored(): Promise<{ events: number; points: number | undefined }> {
  let events = 0;
  for await (const block of store.readBlocks('r')) events += block.events;
  return { events, points: (await store.readSeries({ runId: 'r', key: 'loss' }))[0]?.total };
}

beforeEach(() => {
  revision = 0;
});

describe('a storage thread that dies', () => {
  it('is started again, and the commit that it left is stored once, wherever it was', async () => {
    const run = new SampleRun('r');
    let seq = 0;
    for (let round = 0; round < 5; round++) {
      expect(await store.commit(batch(run, seq + 1, seq + 100))).toEqual([]);
      const commit = store.commit(batch(run, seq + 101, seq + 200));
      seq += 200;
      // At another moment of the commit each time.
      for (let turns = 0; turns < round * 3; turns++) await new Promise<void>((resolve) => setImmediate(resolve));
      await threads.at(-1)?.terminate();
      expect(await commit).toEqual([]);
      expect(await stored()).toEqual({ events: seq, points: seq });
    }
    expect(threads).toHaveLength(6);
  });

  it('is handed one piece of memory per commit, cloning nothing of it, and the batch stays as it was', async () => {
    const [thread] = threads;
    const handed: number[][] = [];
    const post = thread?.postMessage.bind(thread);
    if (thread === undefined || post === undefined) throw new TypeError('no thread');
    thread.postMessage = (message, memory) => {
      handed.push((memory as ArrayBuffer[]).map(({ byteLength }) => byteLength));
      post(message, memory as ArrayBuffer[]);
    };
    const given = batch(new SampleRun('r'), 1, 100);
    const bytes = given.blocks.map((block) => block.bytes.slice());
    await store.commit(given);
    // Per point five doubles and the id of its series: no room kept for more goes over.
    expect(handed).toEqual([[bytes.reduce((sum, { length }) => sum + length, 0) + 100 * (5 * 8 + 4)]]);
    expect(given.blocks.map((block) => block.bytes)).toEqual(bytes);
    expect(given.points.seq[99]).toBe(100);
    expect(await stored()).toEqual({ events: 100, points: 100 });
  });

  it('says so meanwhile, and reads go on afterwards', async () => {
    await store.commit(batch(new SampleRun('r'), 1, 10));
    expect(store.trouble).toBeNull();
    const [read] = await Promise.all([store.getRun('r').catch((error) => error), threads[0]?.terminate()]);
    expect(read === undefined ? undefined : (read.runId ?? read.code)).toMatch(/^(r|XT_STORE_READ)$/);
    expect(store.trouble).toMatch(/thread/);
    await expect.poll(() => store.trouble).toBeNull();
    expect(await stored()).toEqual({ events: 10, points: 10 });
  });

  it('takes points of series that were opened before', async () => {
    const run = new SampleRun('r');
    await store.commit(batch(run, 1, 10));
    await threads[0]?.terminate();
    await store.commit(batch(run, 11, 20));
    expect(await stored()).toEqual({ events: 20, points: 20 });
  });

  it('refuses a commit that no thread survives, and goes on with the next', { timeout: 120_000 }, async () => {
    limits = { maxOldGenerationSizeMb: 24 };
    await threads[0]?.terminate();
    await expect.poll(() => store.trouble).toBeNull();
    const big = new SampleRun('big');
    for (let seq = 1; seq <= 4; seq++) big.log({ seq, message: 'y'.repeat(15_000_000) });
    await expect(store.commit(big.take())).rejects.toMatchObject({ code: 'XT_STORE_WRITE' });
    await store.commit(batch(new SampleRun('r'), 1, 10));
    expect(await stored()).toEqual({ events: 10, points: 10 });
  });

  it('is not started again by a store that is closed', async () => {
    await threads[0]?.terminate();
    const commit = store.commit(batch(new SampleRun('r'), 1, 10)).catch((error) => error);
    await store.close();
    expect((await commit)?.code ?? 'stored').toMatch(/^(XT_CLOSED|stored)$/);
    const { length } = threads;
    await expect(store.getRun('r')).rejects.toMatchObject({ code: 'XT_CLOSED' });
    expect(threads.length).toBeLessThanOrEqual(length);
  });
});
