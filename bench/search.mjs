// Searches over 10,000 runs with 20 params and 20 metrics each: filter, order and a page of 50, on SQLite, and on PostgreSQL where there
// is one. Target: 100 ms.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSearch, parseValue } from '../dist/index.js';
import { openPostgresStore } from '../dist/storage/postgres/index.js';
import { openSqliteStore } from '../dist/storage/sqlite/store.js';
import { SampleRun, sampleRecord } from '../dist/testing/sample-run.js';
import { rounds } from './bench.mjs';
import { withPostgres } from './support/postgres.mjs';

const RUNS = 10_000;
const KEYS = 20;
const ROUNDS = 15;
const BATCH = 500;

const SEARCHES = [
  ['filter on 1 metric, order by it', 'metrics.m3 < 0.3 order by metrics.m3 limit 50'],
  [
    'filter on 2 metrics, 2 params, tag, status, order',
    "metrics.m1 < 0.5 and max(metrics.m2) > 0.2 and params.p4 >= 0.1 and params.p5 != 'v3' and tags.model in ('resnet', 'vit') and status = 'completed' order by metrics.m7 desc limit 50",
  ],
  ['derived metric, order by another', 'metrics.m1 - metrics.m2 > 0.3 order by params.p6, metrics.m9 limit 50'],
  ['newest 50 that match', "status = 'completed' and params.p4 < 0.5 limit 50"],
  ['words', 'sweep-99 limit 50'],
];

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const rows = await onSqlite();
  const others = await withPostgres(async (url) => await measure('PostgreSQL', await openPostgresStore({ url })));
  return [...rows, ...(others ?? [])];
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
    const rows = [];
    for (const [what, text] of SEARCHES) rows.push(await time(`${name}: ${what}`, store, text));
    rows.push(await time(`${name}: 50 runs with 10 columns`, store, 'metrics.m3 < 0.3 order by metrics.m3 limit 50', columns(10)));
    const live = [new SampleRun('live-1'), new SampleRun('live-2')];
    for (const one of live) await store.commit(metricsOf(one, 1).take());
    rows.push(await time(`${name}: the same while 2 runs are written`, store, 'metrics.m3 < 0.3 order by metrics.m3 limit 50'));
    const keys = await rounds(ROUNDS, () => timed(() => store.listKeys()));
    rows.push({ name: `${name}: list all keys`, unit: 'ms', ...keys });
    return rows;
  } finally {
    await store.close();
  }
}

async function time(name, store, text, select = []) {
  const { where, orderBy, limit } = parseSearch(text);
  const query = { where, orderBy, select, limit, cursor: null };
  const found = await store.search(query);
  if (found.runs.length === 0) throw new Error(`${name}: nothing was found`);
  return { name, unit: 'ms', ...(await rounds(ROUNDS, () => timed(() => store.search(query)))), note: `${found.runs.length} runs` };
}

async function timed(body) {
  const started = performance.now();
  await body();
  return performance.now() - started;
}

function columns(count) {
  return Array.from({ length: count }, (_, at) => parseValue(at % 2 === 0 ? `params.p${at}` : `min(metrics.m${at})`));
}

async function fill(store) {
  for (let from = 0; from < RUNS; from += BATCH) {
    const batches = Array.from({ length: BATCH }, (_, at) => oneRun(from + at));
    await Promise.all(batches.map((batch) => store.commit(batch)));
  }
}

function oneRun(at) {
  const runId = `0193fa1c-7b1a-7000-8000-${String(at).padStart(12, '0')}`;
  const run = new SampleRun(runId);
  for (let key = 0; key < KEYS; key++) run.param({ seq: key + 1, key: `p${key}`, value: key % 5 === 0 ? `v${at % 7}` : spread(at, key) });
  metricsOf(run, KEYS + 1, at);
  const record = sampleRecord(runId, {
    name: `sweep-${at}`,
    status: at % 5 === 0 ? 'failed' : 'completed',
    createdAt: 1_700_000_000_000_000 + at * 1_000_000,
    startedAt: 1_700_000_000_000_000 + at * 1_000_000,
    endedAt: 1_700_000_000_000_000 + at * 2_000_000,
    tags: { model: ['resnet', 'vit', 'mlp'][at % 3], team: `t${at % 11}` },
  });
  return run.take({ runs: [record] });
}

function metricsOf(run, seq, at = 0) {
  for (let point = 0; point < 2; point++) {
    run.metrics({
      seq: seq + point,
      step: point,
      metrics: new Map(Array.from({ length: KEYS }, (_, key) => [`m${key}`, spread(at + point, key)])),
    });
  }
  return run;
}

/** Between 0 and 1, different for each run and key. */
function spread(at, key) {
  return ((at * 7_919 + key * 104_729) % 10_007) / 10_007;
}
