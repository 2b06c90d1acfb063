// Charts out of a run of 10 million points, on SQLite, and on PostgreSQL where there is one: cost follows the pixels, and a spike of a
// single point is always in the answer. Targets for 1 million points at 2,000 buckets: 10 ms on SQLite, 30 ms on PostgreSQL.
// `XTRACK_BENCH_STORE=sqlite` or `postgres` measures only that one.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunReader } from '../dist/query/run-reader.js';
import { listText } from '../dist/server/http/answers/series-json.js';
import { openPostgresStore } from '../dist/storage/postgres/index.js';
import { openSqliteStore } from '../dist/storage/sqlite/store.js';
import { sampleBatch, sampleRecord } from '../dist/testing/sample-run.js';
import { rounds } from './bench.mjs';
import { withPostgres } from './support/postgres.mjs';

const RUN = 'bench';
const MILLION = 1_000_000;
const LONG = 6 * MILLION;
const BATCH = 50_000;
const MAX_POINTS = 2_000;
/** As many as `POST /series` answers at once. */
const CHARTS = 400;
const ROUNDS = 11;
/** Where the one point stands that towers above all others, and by how much. */
const SPIKE_AT = 612_345;
const SPIKE = 1e6;
const START = 1_703_123_456_000_000;
/** Between two points (µs). */
const PACE = 350;

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const wanted = process.env.XTRACK_BENCH_STORE ?? 'sqlite, postgres';
  const rows = wanted.includes('sqlite') ? await onSqlite() : [];
  if (!wanted.includes('postgres')) return rows;
  return [...rows, ...((await withPostgres(async (url) => await measure('PostgreSQL', await openPostgresStore({ url })))) ?? [])];
}

async function onSqlite() {
  const directory = mkdtempSync(join(tmpdir(), 'xtrack-bench-'));
  try {
    return await measure('SQLite', await openSqliteStore({ directory }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(name, store) {
  try {
    await fill(store);
    const reader = new RunReader(store);
    const loss = (options) => () => reader.getMetrics(RUN, 'loss', { worker: '0', maxPoints: MAX_POINTS, ...options });
    const charts = [
      ['1 M points, buckets by count', loss({})],
      ['1 M points, by step', loss({ by: 'step' })],
      ['1 M points, by time', loss({ by: 'time' })],
      ['1 M points, seconds since the start', loss({ by: 'relative' })],
      ['1 M points, by epoch', loss({ by: 'epoch' })],
      ['zoom: 400,000 of them by step', loss({ by: 'step', range: { from: 400_001, to: 800_000 } })],
      ['zoom: 20,000 of them by step', loss({ by: 'step', range: { from: 600_001, to: 620_000 } })],
      ['zoom: 1,000 of them, every point', loss({ by: 'step', range: { from: 612_001, to: 613_000 } })],
      ['4 workers of 1 M points each, mean', loss({ worker: undefined, aggregate: 'mean' })],
      ['6 M points of one series, by step', () => reader.getMetrics(RUN, 'long', { by: 'step', maxPoints: MAX_POINTS })],
      ['6 M points of one series, by count', () => reader.getMetrics(RUN, 'long', { maxPoints: MAX_POINTS })],
    ];
    const rows = [];
    for (const [what, read] of charts) rows.push(await time(`${name}: ${what}`, read));
    for (const format of ['csv', 'parquet']) rows.push(await exported(name, reader, format));
    rows.push(await streamed(name, reader));
    rows.push(...(await manyCharts(name, store, reader)));
    return rows;
  } finally {
    await store.close();
  }
}

async function time(name, read) {
  const result = await rounds(ROUNDS, async () => {
    const started = performance.now();
    const [series] = await read();
    const elapsed = performance.now() - started;
    const highest = (series.max ?? series.value).reduce((most, value) => Math.max(most, value));
    if (highest !== SPIKE) throw new Error(`${name}: the spike is missing`);
    if (series.x.length > MAX_POINTS) throw new Error(`${name}: ${series.x.length} buckets`);
    return elapsed;
  });
  return { name, unit: 'ms', ...result };
}

/** A page of charts: all in one question, as `POST /series` asks it, and one by one, as it did. */
async function manyCharts(name, store, reader) {
  const rows = [];
  for (const points of [50, 200, 2_000]) {
    const runId = `charts-${points}`;
    const keys = Array.from({ length: CHARTS }, (_, at) => `metric-${at}`);
    await fillCharts(store, runId, keys, points);
    const question = { by: 'step', maxPoints: 200 };
    const oneByOne = async () => {
      const left = keys.values();
      const texts = [];
      const reading = async () => {
        for (const key of left) texts.push(listText(await reader.getMetrics(runId, key, question)));
      };
      await reader.getRun(runId);
      await Promise.all(Array.from({ length: 8 }, reading));
      return texts;
    };
    const together = async () => {
      const run = await reader.getRun(runId);
      const texts = [];
      for await (const list of reader.manyMetrics(keys.map((key) => ({ run, key, ...question })))) texts.push(listText(list));
      return texts;
    };
    for (const [how, read] of [
      ['one by one', oneByOne],
      ['in one question', together],
    ]) {
      const result = await rounds(ROUNDS, async () => {
        const started = performance.now();
        const texts = await read();
        const elapsed = performance.now() - started;
        if (texts.length !== CHARTS || texts.includes('[]')) throw new Error(`${name}: ${texts.length} series`);
        return elapsed;
      });
      rows.push({ name: `${name}: ${CHARTS} series of ${points} points as text, ${how}`, unit: 'ms', ...result });
    }
  }
  return rows;
}

async function fillCharts(store, runId, keys, points) {
  const packages = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`package-${at}`, `1.2.${at}`]));
  const tracks = keys.map((key, at) => ({ ...definition(points * 1_000 + at, key, ''), runId }));
  await store.commit(sampleBatch({ runs: [sampleRecord(runId, { startedAt: START, environment: { python: { packages } } })], tracks }));
  const columns = { length: points * keys.length, track: new Uint32Array(points * keys.length) };
  for (const name of ['seq', 'step', 'epoch', 'ts', 'value']) columns[name] = new Float64Array(columns.length);
  for (let at = 0; at < columns.length; at++) {
    columns.track[at] = tracks[at % keys.length].id;
    columns.seq[at] = at + 1;
    columns.step[at] = Math.floor(at / keys.length);
    columns.epoch[at] = Number.NaN;
    columns.ts[at] = START + at * PACE;
    columns.value[at] = Math.random();
  }
  await store.commit(sampleBatch({ points: columns }));
}

async function streamed(name, reader) {
  const result = await rounds(3, async () => {
    const started = performance.now();
    let points = 0;
    for await (const page of reader.streamMetrics(RUN, { keys: ['long'] })) points += page.seq.length;
    if (points !== LONG) throw new Error(`${points} points streamed`);
    return points / ((performance.now() - started) / 1000);
  });
  return { name: `${name}: every point, streamed`, unit: 'points/s', ...result };
}

async function exported(name, reader, format) {
  const result = await rounds(1, async () => {
    const started = performance.now();
    let bytes = 0;
    for await (const piece of reader.exportTable({ runId: RUN }, { what: 'metrics', format, keys: ['loss'], worker: '0' }))
      bytes += piece.length;
    if (bytes < MILLION) throw new Error(`${bytes} bytes exported`);
    return MILLION / ((performance.now() - started) / 1000);
  });
  return { name: `${name}: export as ${format}`, unit: 'points/s', ...result };
}

async function fill(store) {
  const tracks = ['0', '1', '2', '3'].map((worker, at) => definition(at + 1, 'loss', worker));
  await store.commit(sampleBatch({ runs: [sampleRecord(RUN, { startedAt: START })], tracks: [...tracks, definition(5, 'long', '0')] }));
  for (const { id } of tracks) await fillTrack(store, id, MILLION);
  await fillTrack(store, 5, LONG);
}

async function fillTrack(store, track, count) {
  for (let from = 0; from < count; from += BATCH) await store.commit(sampleBatch({ points: pointsFrom(track, from, count) }));
}

function definition(id, key, worker) {
  return { id, runId: RUN, worker, incarnation: 'm4x1c9-7f3a91c2', key, phase: '', aggregation: '' };
}

function pointsFrom(track, from, count) {
  const columns = { length: BATCH, track: new Uint32Array(BATCH).fill(track) };
  for (const name of ['seq', 'step', 'epoch', 'ts', 'value']) columns[name] = new Float64Array(BATCH);
  for (let at = 0; at < BATCH; at++) {
    const seq = from + at + 1;
    columns.seq[at] = seq;
    columns.step[at] = seq;
    columns.epoch[at] = Math.floor(seq / (count / 100));
    columns.ts[at] = START + seq * PACE + Math.floor(Math.random() * 100);
    columns.value[at] = seq === SPIKE_AT ? SPIKE : Math.exp(-seq / 300_000) + Math.random() * 0.1;
  }
  return columns;
}
