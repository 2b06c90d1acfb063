// Searches over 10,000 runs with 20 params and 20 metrics each: filter, order and a page of 50, on SQLite, and on PostgreSQL where there
// is one. Target: 100 ms.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSearch, parseValue } from '../dist/index.js';
import { openPostgresStore } from '../dist/storage/postgres/index.js';
import { openSqliteStore } from '../dist/storage/sqlite/store.js';
import { SampleRun } from '../dist/testing/sample-run.js';
import { rounds } from './bench.mjs';
import { withPostgres } from './support/postgres.mjs';
import { fillSweep, metricsOf } from './support/sweep.mjs';

const RUNS = 10_000;
const ROUNDS = 15;

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
    await fillSweep(store, RUNS);
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
