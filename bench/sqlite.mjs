// Node's own SQLite and better-sqlite3, those that load under this Node, in turns: statements by themselves, and the store on top of either.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWriter, transaction } from '../dist/storage/sqlite/driver.js';
import { openSqliteStore } from '../dist/storage/sqlite/store.js';
import { median } from './bench.mjs';
import { makeBatch, makeFrames, RUN } from './support/batches.mjs';

const ROUNDS = 5;
const ROWS = 100_000;
const EVENTS = 100_000;
const EACH = 1_000;
const READS = 15;

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const drivers = ['node', 'better'].filter(loads);
  const frames = makeFrames(10_000);
  const results = new Map();
  for (let round = 0; round <= ROUNDS; round++) {
    for (const driver of round % 2 === 0 ? drivers : drivers.toReversed()) {
      process.env.XTRACK_SQLITE = driver;
      const measured = { ...(await inFolder(statements)), ...(await inFolder((folder) => store(folder, frames))) };
      // The first round warms up.
      if (round === 0) continue;
      for (const [what, value] of Object.entries(measured)) {
        const name = `${what} (${driver})`;
        results.set(name, [...(results.get(name) ?? []), value]);
      }
    }
  }
  return [...results].sort().map(([name, values]) => {
    const unit = name.startsWith('read') ? 'ms' : name.startsWith('commit') ? 'events/s' : 'rows/s';
    return { name, unit, value: median(values), min: Math.min(...values), max: Math.max(...values) };
  });
}

function loads(driver) {
  process.env.XTRACK_SQLITE = driver;
  try {
    openWriter(':memory:').close();
    return true;
  } catch {
    return false;
  }
}

async function inFolder(body) {
  const folder = mkdtempSync(join(tmpdir(), 'xtrack-bench-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function statements(folder) {
  const connection = openWriter(join(folder, 'rows.db'));
  connection.exec('CREATE TABLE entries (id INTEGER PRIMARY KEY, kind TEXT, at INTEGER, value REAL, bytes BLOB)');
  const insert = connection.prepare('INSERT INTO entries (kind, at, value, bytes) VALUES (?, ?, ?, ?)');
  const one = connection.prepare('SELECT * FROM entries WHERE id = ?');
  const all = connection.prepare('SELECT * FROM entries');
  const bytes = new Uint8Array(200).fill(7);
  const rate = (work) => {
    const started = performance.now();
    work();
    return ROWS / ((performance.now() - started) / 1000);
  };
  const inserted = rate(() =>
    transaction(connection, () => {
      for (let at = 0; at < ROWS; at++) insert.run('log', 1_703_123_456_789_000 + at, at / 3, bytes);
    }),
  );
  const gotten = rate(() => {
    for (let at = 1; at <= ROWS; at++) if (one.get(at).id !== at) throw new Error('another row');
  });
  const listed = rate(() => {
    if (all.all().length !== ROWS) throw new Error('other rows');
  });
  connection.close();
  return { 'insert a row': inserted, 'get a row': gotten, 'all rows at once': listed };
}

async function store(folder, frames) {
  const opened = await openSqliteStore({ directory: folder });
  const batches = Array.from({ length: EVENTS / EACH }, (_, at) => makeBatch(at * EACH, EACH, frames, 1));
  const time = async (work) => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  const spent = await time(async () => {
    for (const batch of batches) await opened.commit(batch);
  });
  const query = { runId: RUN, key: 'loss' };
  // A fresh thread first compiles what runs often.
  const often = async (work) => {
    const times = [];
    for (let at = 0; at < READS; at++) times.push(await time(work));
    return median(times);
  };
  const chart = await often(() => opened.readSeries({ ...query, maxPoints: 2_000 }));
  const points = await often(() => opened.readSeries(query));
  await opened.close();
  return {
    [`commit, ${EACH} events each`]: EVENTS / (spent / 1000),
    'read a chart of 100,000 points at 2,000': chart,
    'read 100,000 points': points,
  };
}
