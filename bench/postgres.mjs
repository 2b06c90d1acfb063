// The PostgreSQL store, end to end through its thread: commits with fsync beside a plain COPY of the same points, and charts.

import pg from 'pg';
import { openPostgresStore } from '../dist/storage/postgres/index.js';
import { rounds } from './bench.mjs';
import { makeBatch, makeFrames, RUN } from './support/batches.mjs';
import { withPostgres } from './support/postgres.mjs';

const ROUNDS = 3;
const SIZE = 10_000;
const POINTS = 400_000;
const WARM_UP = 100_000;
const MILLION = 1_000_000;
/** XTRACK_BENCH_POINTS=10000000 gives the long series of the full measurement. */
const LONG = Number(process.env.XTRACK_BENCH_POINTS ?? 3_000_000);

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const rows = await withPostgres(async (url) => {
    const frames = makeFrames(SIZE);
    return [
      await commits(url, 'commit, 10,000 events each, event log included', frames),
      await commits(url, 'commit, 10,000 points each, points alone', undefined),
      await commits(url, 'commit, 10,000 events each over 10,000 series, event log included', frames, 10_000),
      await copies(url),
      ...(await reads(url)),
    ];
  });
  if (rows === undefined) console.error('no PostgreSQL is installed: nothing was measured');
  return rows ?? [];
}

async function commits(url, name, frames, tracks = 1) {
  const result = await rounds(ROUNDS, () =>
    withStore(url, async (store) => {
      const batches = [];
      for (let from = 0; from < WARM_UP + POINTS; from += SIZE) batches.push(makeBatch(from, SIZE, frames, tracks));
      for (const batch of batches.splice(0, WARM_UP / SIZE)) await store.commit(batch);
      const started = performance.now();
      for (const batch of batches) await store.commit(batch);
      return POINTS / ((performance.now() - started) / 1000);
    }),
  );
  return { name, unit: 'points/s', ...result, note: 'one commit at a time, fsync each; target 200,000' };
}

/** The same points as rows with an index, one COPY a commit: what a tracker without chunks could reach. */
async function copies(url) {
  const client = await connected(url);
  await client.query(
    'CREATE TABLE plain (run bigint, track int, seq bigint, step bigint, ts bigint, value float8, PRIMARY KEY (run, track, seq))',
  );
  const result = await rounds(ROUNDS, async () => {
    await client.query('TRUNCATE plain');
    const texts = [];
    for (let from = 0; from < POINTS; from += SIZE) texts.push(copyText(makeBatch(from, SIZE, undefined, 1).points));
    const started = performance.now();
    for (const text of texts) await copyIn(client, text);
    return POINTS / ((performance.now() - started) / 1000);
  });
  await client.query('DROP TABLE plain');
  await client.end();
  return { name: 'plain COPY of the same points as rows, 10,000 a commit', unit: 'points/s', ...result, note: 'text form, primary key' };
}

function copyText({ length, track, seq, step, ts, value }) {
  const lines = Array.from({ length }, (_, at) => `1\t${track[at]}\t${seq[at]}\t${step[at]}\t${ts[at]}\t${value[at]}\n`);
  return Buffer.from(lines.join(''));
}

function copyIn(client, bytes) {
  return new Promise((resolve, reject) => {
    client.query({
      submit: (connection) => connection.query('COPY plain FROM STDIN'),
      handleCopyInResponse(connection) {
        connection.sendCopyFromChunk(bytes);
        connection.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleReadyForQuery: resolve,
      handleError: reject,
    });
  });
}

async function reads(url) {
  const read = async (store, name, query, note) => {
    const result = await rounds(ROUNDS * 3, async () => {
      const started = performance.now();
      const [data] = await store.readSeries({ runId: RUN, key: 'loss', ...query });
      if (data === undefined || data.total === 0) throw new Error(`${name}: nothing was read`);
      return performance.now() - started;
    });
    return { name, unit: 'ms', ...result, ...(note === undefined ? {} : { note }) };
  };
  const rows = await withStore(url, async (store) => {
    for (let from = 0; from < MILLION; from += SIZE) await store.commit(makeBatch(from, SIZE, undefined, 1));
    return [
      await read(store, 'read 1 M points, every point', {}),
      await read(store, 'read 1 M points at maxPoints 2,000', { maxPoints: 2_000 }, 'target < 30'),
      await read(store, 'read steps 100,001 to 900,010 at maxPoints 2,000', { maxPoints: 2_000, range: { from: 100_001, to: 900_010 } }),
      await read(store, 'read steps 500,001 to 510,000, every point', { range: { from: 500_001, to: 510_000 } }),
    ];
  });
  const long = await withStore(url, async (store) => {
    for (let from = 0; from < LONG; from += SIZE) await store.commit(makeBatch(from, SIZE, undefined, 1));
    return await read(store, `read ${LONG / MILLION} M points at maxPoints 2,000`, { maxPoints: 2_000 });
  });
  return [...rows, long];
}

async function withStore(url, body) {
  const client = await connected(url);
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await client.end();
  const store = await openPostgresStore({ url });
  try {
    return await body(store);
  } finally {
    await store.close();
  }
}

async function connected(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
