// Stores of any kind to stores of any kind: the same two of these tests cover a real PostgreSQL in test/care-postgres.test.ts.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity } from '../runtime/process/process-identity.js';
import { openMemoryStore } from '../storage/memory/store.js';
import { openSqliteStore } from '../storage/sqlite/store.js';
import type { Store } from '../storage/store.js';
import { fillStore } from '../testing/filled-store.js';
import { SampleRun, sampleRecord } from '../testing/sample-run.js';
import { migrateRuns } from './migration.js';
import { differences, digestRun } from './run-digest.js';

let base: string;
const open: Store[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'xtrack-migrate-'));
});

afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  await rm(base, { recursive: true });
});

async function sqlite(name: string): Promise<Store> {
  const store = await openSqliteStore({ directory: join(base, name) });
  open.push(store);
  return store;
}

const memory = (): Promise<Store> => openMemoryStore();

describe.each([
  ['memory to SQLite', memory, () => sqlite('target')],
  ['SQLite to memory', () => sqlite('source'), memory],
  ['SQLite to SQLite', () => sqlite('source'), () => sqlite('target')],
])('migrating from %s', (_way, openSource, openTarget) => {
  it('copies every run as it is, and finds them equal', async () => {
    const [from, to] = [await openSource(), await openTarget()];
    const runIds = await fillStore(from);
    const report = await migrateRuns(from, to);
    expect(report).toEqual({ runs: runIds.length, copied: [...runIds], live: [], verified: runIds.length, different: [] });
    for (const runId of runIds) expect(await to.getRun(runId)).toEqual(await from.getRun(runId));
    expect(await to.findRuns({ deleted: 'only' })).toEqual(await from.findRuns({ deleted: 'only' }));
    expect(await to.findRuns({})).toEqual(await from.findRuns({}));
  });

  it('changes nothing when it is done again', async () => {
    const [from, to] = [await openSource(), await openTarget()];
    const runIds = await fillStore(from);
    await migrateRuns(from, to);
    expect(await migrateRuns(from, to)).toMatchObject({ copied: [], verified: runIds.length, different: [] });
  });
});

describe('a migration', () => {
  it('goes on where it was cut off, in the middle of a run too', async () => {
    const from = await sqlite('source');
    const runIds = await fillStore(from);
    const to = await sqlite('target');
    let commits = 0;
    const dying: Store = Object.assign(Object.create(to) as Store, {
      commit: async (batch: Parameters<Store['commit']>[0]) => {
        commits += 1;
        if (commits === 3) throw new Error('the plug is pulled');
        await to.commit(batch);
      },
      getRun: (runId: string) => to.getRun(runId),
      deleteRun: (runId: string) => to.deleteRun(runId),
      setDeleted: (runId: string, at: number | null) => to.setDeleted(runId, at),
    });
    await expect(migrateRuns(from, dying)).rejects.toThrow('the plug is pulled');
    expect((await migrateRuns(from, to, { verifyOnly: true })).different).not.toEqual([]);
    expect(await migrateRuns(from, to)).toMatchObject({ verified: runIds.length, different: [] });
  });

  it('holds after the target was opened again', async () => {
    const [from, to] = [await memory(), await sqlite('target')];
    const runIds = await fillStore(from);
    await migrateRuns(from, to);
    await to.close();
    expect(await migrateRuns(from, await sqlite('target'), { verifyOnly: true })).toMatchObject({ verified: runIds.length, different: [] });
  });

  it('leaves out what lives, and takes it when it has ended', async () => {
    const [from, to] = [await memory(), await memory()];
    const run = new SampleRun('alive');
    await from.commit(run.metric({ seq: 1 }).take({ runs: [sampleRecord('alive', { owner: ownIdentity() })] }));
    expect(await migrateRuns(from, to)).toEqual({ runs: 1, copied: [], live: ['alive'], verified: 0, different: [] });
    expect(await to.getRun('alive')).toBeUndefined();
    await from.commit(run.metric({ seq: 2 }).take({ runs: [sampleRecord('alive', { status: 'completed', owner: ownIdentity() })] }));
    expect(await migrateRuns(from, to)).toMatchObject({ copied: ['alive'], verified: 1 });
  });

  it('tells which parts of a run differ', async () => {
    const [from, to] = [await memory(), await memory()];
    await from.commit(new SampleRun('r').metric({ seq: 1, value: 1, key: 'val/loss' }).param({ seq: 2 }).take());
    await to.commit(new SampleRun('r').metric({ seq: 1, value: 2, key: 'val/loss' }).param({ seq: 2 }).take());
    expect((await migrateRuns(from, to)).different).toEqual([{ runId: 'r', parts: ['blocks', 'series val/loss'] }]);
  });

  it('tells how far it is', async () => {
    const [from, to] = [await memory(), await memory()];
    const runIds = await fillStore(from);
    const told: string[] = [];
    let points = 0;
    await migrateRuns(from, to, {
      onProgress: (progress) => {
        told.push(`${progress.phase} ${progress.done}`);
        points = progress.points;
      },
    });
    expect(told[0]).toBe('copy 0');
    expect(told.at(-1)).toBe(`verify ${runIds.length - 1}`);
    expect(points).toBeGreaterThan(10_000);
  });

  it('ends between two runs when it is told to', async () => {
    const [from, to] = [await memory(), await memory()];
    await fillStore(from);
    const stop = new AbortController();
    const halfway = migrateRuns(from, to, {
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 1) stop.abort(new Error('enough'));
      },
    });
    await expect(halfway).rejects.toThrow('enough');
    expect((await to.findRuns({ deleted: 'include' })).length).toBe(2);
  });
});

describe('the digest of a run', () => {
  it('does not hang on how its points were committed', async () => {
    const [one, many] = [await sqlite('one'), await sqlite('many')];
    const metric = (run: SampleRun, seq: number): SampleRun => run.metric({ seq, value: 1 / seq, step: seq });
    const [whole, pieces] = [new SampleRun('r'), new SampleRun('r')];
    for (let seq = 1; seq <= 5_000; seq++) metric(whole, seq);
    await one.commit(whole.take());
    for (let seq = 1; seq <= 5_000; seq++) {
      metric(pieces, seq);
      if (seq % 700 === 0) await many.commit(pieces.take());
    }
    await many.commit(pieces.take());
    expect(differences(await digestRun(one, 'r'), await digestRun(many, 'r'))).toEqual(['blocks']);
  });
});
