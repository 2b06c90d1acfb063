import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMemoryStore } from './storage/memory/store.js';
import type { Batch, Store } from './storage/store.js';
import { XTrack, type XTrackOptions } from './xtrack.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xt-own-store-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** A store that says what is asked of it, and has another one do it. */
async function watched(): Promise<{ readonly store: Store; readonly commits: Batch[]; isClosed(): boolean }> {
  const inner = await openMemoryStore();
  const commits: Batch[] = [];
  let closed = false;
  const store = new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'commit') return (batch: Batch) => target.commit((commits.push(batch), batch));
      if (name === 'close') return async () => target.close().then(() => (closed = true));
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { store, commits, isClosed: () => closed };
}

it.each(['an object', 'a function'])("keeps its runs in a store of the caller's own: %s", async (form) => {
  const { store, commits, isClosed } = await watched();
  const xtrack = await XTrack.start({ directory, store: form === 'an object' ? store : async () => store });
  expect(xtrack.storeKind).toBe('custom');
  const lines = [
    { v: 1, t: 'run_start', m: { seq: 1, ts: 1 }, p: { run_id: 'mine' } },
    { v: 1, t: 'metric', m: { seq: 2, ts: 2 }, p: { run_id: 'mine', key: 'loss', value: 0.5, step: 1 } },
  ];
  const report = await xtrack.ingest(Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n')), {
    format: 'lines',
    mayWrite: () => true,
  });
  expect(report.accepted).toBe(2);
  expect(commits.length).toBeGreaterThan(0);
  expect((await store.getRun('mine'))?.runId).toBe('mine');
  await xtrack.close();
  expect(isClosed()).toBe(true);
});

it('refuses what is no store, and says what it lacks', async () => {
  const start = (store: unknown): Promise<XTrack> => XTrack.start({ directory, store } as XTrackOptions);
  for (const none of [{}, { commit: () => undefined }, () => null, 'postgres', 7]) {
    await expect(start(none)).rejects.toMatchObject({ code: 'XT_ARGUMENT', field: 'store' });
  }
  await expect(start({ commit: () => undefined })).rejects.toThrow('lacks getRun, findRuns');
  const { store } = await watched();
  await expect(XTrack.start({ directory, store, database: 'postgres://localhost/x' })).rejects.toMatchObject({ code: 'XT_ARGUMENT' });
});
