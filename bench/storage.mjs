// The SQLite store, end to end through its thread: commits with fsync, bytes on disk, and reads of a million points.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../dist/storage/sqlite/store.js';
import { rounds } from './bench.mjs';
import { makeBatch, makeFrames, RUN } from './support/batches.mjs';

const ROUNDS = 5;
const POINTS = 200_000;
/** Committed before the clock starts. */
const WARM_UP = 100_000;
const MILLION = 1_000_000;

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const frames = makeFrames(10_000);
  return [
    await commits('commit, 1,000 events each, event log included', 1_000, frames),
    await commits('commit, 10,000 events each, event log included', 10_000, frames),
    await commits('commit, 1,000 points each, points alone', 1_000, undefined),
    await commits('commit, 10,000 points each, points alone', 10_000, undefined),
    await commits('commit, 10,000 events each over 10,000 series, event log included', 10_000, frames, 10_000),
    ...(await disk(frames)),
    ...(await reads()),
  ];
}

async function commits(name, size, frames, tracks = 1) {
  const result = await rounds(ROUNDS, () =>
    withStore(async (store) => {
      const batches = [];
      for (let from = 0; from < WARM_UP + POINTS; from += size) batches.push(makeBatch(from, size, frames, tracks));
      // A fresh thread first loads the decoder and compiles what runs often: sustained speed is asked for here.
      for (const batch of batches.splice(0, WARM_UP / size)) await store.commit(batch);
      const started = performance.now();
      for (const batch of batches) await store.commit(batch);
      return POINTS / ((performance.now() - started) / 1000);
    }),
  );
  return { name, unit: 'points/s', ...result, note: 'one commit at a time, fsync each' };
}

async function disk(frames) {
  const bytesPerPoint = (withFrames) =>
    withStore(async (store, directory, reopen) => {
      for (let from = 0; from < POINTS; from += 10_000) await store.commit(makeBatch(from, 10_000, withFrames, 1));
      await store.close();
      const { size } = statSync(join(directory, 'xtrack.db'));
      await reopen();
      return size / POINTS;
    });
  return [
    { name: 'on disk, points alone', unit: 'bytes/point', ...(await rounds(1, () => bytesPerPoint(undefined))) },
    { name: 'on disk, event log included', unit: 'bytes/point', ...(await rounds(1, () => bytesPerPoint(frames))) },
  ];
}

async function reads() {
  return withStore(async (store) => {
    for (let from = 0; from < MILLION; from += 10_000) await store.commit(makeBatch(from, 10_000, undefined, 1));
    const read = (name, query) =>
      rounds(ROUNDS * 3, async () => {
        const started = performance.now();
        const [data] = await store.readSeries({ runId: RUN, key: 'loss', ...query });
        if (data === undefined || data.total === 0) throw new Error(`${name}: nothing was read`);
        return performance.now() - started;
      }).then((result) => ({ name, unit: 'ms', ...result }));
    return [
      await read('read 1 M points, every point', {}),
      await read('read 1 M points at maxPoints 2,000', { maxPoints: 2_000 }),
      await read('read steps 100,001 to 900,010 at maxPoints 2,000', { maxPoints: 2_000, range: { from: 100_001, to: 900_010 } }),
      await read('read steps 500,001 to 510,000, every point', { range: { from: 500_001, to: 510_000 } }),
    ];
  });
}

async function withStore(body) {
  const directory = mkdtempSync(join(tmpdir(), 'xtrack-bench-'));
  let store = await openSqliteStore({ directory });
  try {
    return await body(store, directory, async () => {
      store = await openSqliteStore({ directory });
    });
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}
