// Moving one large run from store to store: copied with its event log, compared point by point, and the memory that it takes.
// XTRACK_BENCH_POINTS: points in the run (2,000,000).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateStore } from '../dist/migrate-store.js';
import { encodeEvent } from '../dist/protocol/index.js';
import { openSqliteStore } from '../dist/storage/sqlite/store.js';
import { makeBatch } from './support/batches.mjs';
import { withPostgres } from './support/postgres.mjs';

const POINTS = Number(process.env.XTRACK_BENCH_POINTS ?? 2_000_000);
const BATCH = 10_000;

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const base = mkdtempSync(join(tmpdir(), 'xtrack-migrate-'));
  const source = join(base, 'source');
  try {
    await fill(source);
    const rows = await move('SQLite to SQLite', source, join(base, 'target'));
    return [...rows, ...((await withPostgres((url) => move('SQLite to PostgreSQL', source, url))) ?? [])];
  } finally {
    rmSync(base, { recursive: true });
  }
}

async function fill(directory) {
  const store = await openSqliteStore({ directory });
  for (let from = 0; from < POINTS; from += BATCH) {
    const batch = makeBatch(from, BATCH, undefined, 1);
    await store.commit({ ...batch, blocks: [blockOf(batch)] });
  }
  await store.close();
}

/** The frames that a batch's points came in. */
function blockOf({ points: { length, seq, step, ts, value }, marks: [{ runId, worker, incarnation }] }) {
  const metric = { type: 'metric', runId, worker, incarnation, key: 'loss' };
  const frames = Array.from({ length }, (_, at) => encodeEvent({ ...metric, seq: seq[at], ts: ts[at], value: value[at], step: step[at] }));
  return { runId, bytes: new Uint8Array(Buffer.concat(frames)), events: length, implied: {} };
}

async function move(way, from, to) {
  const memory = watchMemory();
  const started = performance.now();
  let copied;
  const onProgress = ({ phase }) => {
    if (phase === 'verify') copied ??= performance.now();
  };
  const report = await migrateStore({ from, to, onProgress });
  const ended = performance.now();
  if (report.verified !== 1 || report.different.length > 0) throw new Error(`not equal: ${JSON.stringify(report)}`);
  const row = (name, unit, value, note) => ({ name: `${way}: ${name}`, unit, value, min: value, max: value, note });
  const note = `${POINTS} points in one run`;
  return [
    row('copied', 'points/s', POINTS / ((copied - started) / 1_000), note),
    row('compared', 'points/s', POINTS / ((ended - copied) / 1_000), `${note}, each read on both sides`),
    row('most memory', 'MiB', memory.most(), 'resident, above what it was before'),
  ];
}

/** Resident memory of this process, its storage threads included. */
function watchMemory() {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  return {
    most() {
      clearInterval(timer);
      return (most - before) / 1024 / 1024;
    },
  };
}
