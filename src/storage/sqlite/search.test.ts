// Searches of a file that others write, or wrote before there was a search: exact to the last commit, whoever looks.

import { mkdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSearch, parseValue } from '../../query/search/parser.js';
import { SampleRun, sampleBatch, sampleRecord } from '../../testing/sample-run.js';
import type { Store } from '../store.js';
import { openReader, openWriter } from './driver.js';
import { openSqliteStore } from './store.js';

let base: string;
let directory: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'xtrack-search-'));
  directory = join(base, 'data');
});

afterEach(() => rm(base, { recursive: true }));

async function valuesOf(store: Store, text: string, ...columns: string[]): Promise<unknown> {
  const { where, orderBy } = parseSearch(text);
  const page = await store.search({ where, orderBy, select: columns.map(parseValue), limit: 100 });
  return page.runs.map(({ runId }, at) => [runId, ...(page.values[at] ?? [])]);
}

async function crashCopy(): Promise<string> {
  const copy = await mkdtemp(join(base, 'crash-'));
  for (const file of ['xtrack.db', 'xtrack.db-wal']) await copyFile(join(directory, file), join(copy, file));
  return copy;
}

/** The data as a version would have written it that knew the first schema alone. */
function inFirstSchema(from: string, to: string): void {
  mkdirSync(to);
  const old = openWriter(join(to, 'xtrack.db'));
  old.exec(readFileSync(new URL('./migrations/0001-first.sql', import.meta.url), 'utf8'));
  old.exec(
    `CREATE TABLE migrations (name TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO migrations VALUES ('0001-first.sql'); PRAGMA user_version = 1`,
  );
  old.exec(`ATTACH '${join(from, 'xtrack.db')}' AS newer`);
  const tables = old
    .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'migrations'")
    .all();
  for (const { name } of tables as { name: string }[]) {
    const columns = (old.prepare(`PRAGMA main.table_info(${name})`).all() as { name: string }[]).map((column) => column.name).join(', ');
    old.exec(`INSERT INTO main.${name} (${columns}) SELECT ${columns} FROM newer.${name}`);
  }
  old.close();
}

describe('a search', () => {
  it('sees the last commit of a run that another process writes, and of one whose writer was killed', async () => {
    const store = await openSqliteStore({ directory });
    const follower = async (from: string): Promise<unknown> => {
      const reader = await openSqliteStore({ directory: from, readOnly: true });
      const values = [];
      for (let again = 0; again < 2; again++)
        values.push(await valuesOf(reader, 'metrics.loss < 2.5', 'metrics.loss', 'count(metrics.loss)'));
      await reader.close();
      return values;
    };
    const run = new SampleRun('live');
    for (let seq = 1; seq <= 5; seq++) {
      await store.commit(run.metric({ seq, value: 5 - seq }).take());
      const wanted = seq < 3 ? [] : [['live', 5 - seq, seq]];
      expect(await valuesOf(store, 'metrics.loss < 2.5', 'metrics.loss', 'count(metrics.loss)')).toEqual(wanted);
      expect(await follower(directory)).toEqual([wanted, wanted]);
      expect(await follower(await crashCopy())).toEqual([wanted, wanted]);
    }
    await store.close();
    expect(await follower(directory)).toEqual([[['live', 0, 5]], [['live', 0, 5]]]);
  });

  it('finds a run written down when it ends, though its writer was killed and nothing of it came after', async () => {
    const store = await openSqliteStore({ directory });
    await store.commit(new SampleRun('lost').metric({ seq: 1, value: 2 }).take());
    const copy = await crashCopy();
    await store.close();
    const next = await openSqliteStore({ directory: copy });
    await next.commit(sampleBatch({ runs: [sampleRecord('lost', { status: 'failed' })] }));
    const connection = openReader(join(copy, 'xtrack.db'));
    expect(connection.prepare('SELECT r.unsettled, m.last FROM runs r JOIN run_metrics m ON m.run = r.id').all()).toEqual([
      { unsettled: 0, last: 2 },
    ]);
    connection.close();
    expect(await valuesOf(next, 'metrics.loss = 2')).toEqual([['lost']]);
    await next.close();
  });

  it('finds what was there before there was a search', async () => {
    const written = await openSqliteStore({ directory });
    const ended = new SampleRun('ended')
      .metric({ seq: 1, value: 1, context: { phase: 'val' } })
      .param({ seq: 2, key: "it's", value: '1e3' });
    const change = { name: 'Old', tags: { '\u0000': 'X' }, startedAt: 1_000_000, endedAt: 3_000_000, status: 'completed' } as const;
    await written.commit(ended.take({ runs: [sampleRecord('ended', change)] }));
    const live = new SampleRun('live').metric({ seq: 1, value: 7 });
    await written.commit(live.take());
    const crashed = await crashCopy();
    await written.close();
    const old = join(base, 'old');
    inFirstSchema(crashed, old);

    const store = await openSqliteStore({ directory: old });
    expect(await valuesOf(store, `params."it's" = 1000 and duration = 2`, 'metrics.loss@val', 'tags."\u0000"')).toEqual([
      ['ended', 1, 'X'],
    ]);
    expect(await valuesOf(store, 'metrics.loss > 5')).toEqual([['live']]);
    expect(await store.listKeys()).toEqual({ params: ["it's"], tags: ['\u0000'], metrics: ['loss'] });
    await store.close();
  });

  it('takes anything that a user writes as data', async () => {
    const store = await openSqliteStore({ directory });
    const hostile = [
      "'; DROP TABLE runs; --",
      '" OR 1=1 --',
      '\u0000',
      '?1',
      '$1',
      ':a',
      '\ud800',
      ') UNION SELECT * FROM runs --',
      '/*',
      '\\',
    ];
    for (const [at, text] of hostile.entries()) {
      const run = new SampleRun(`r${at}`).param({ seq: 1, key: text, value: text }).metric({ seq: 2, key: text, value: at });
      await store.commit(run.take({ runs: [sampleRecord(`r${at}`, { name: text, tags: { [text]: text } })] }));
    }
    for (const [at, text] of hostile.entries()) {
      const key = `"${text.replaceAll('"', '""')}"`;
      const value = `'${text.replaceAll("'", "''")}'`;
      const search = `params.${key} = ${value} and tags.${key} in (${value}) and name = ${value} and metrics.${key} = ${at} order by params.${key}`;
      expect(await valuesOf(store, search)).toEqual([[`r${at}`]]);
    }
    expect(await store.findRuns({})).toHaveLength(hostile.length);
    await store.close();
  });

  it('may be as large as the language allows', async () => {
    const store = await openSqliteStore({ directory });
    await store.commit(new SampleRun('r').metric({ seq: 1, value: 1 }).take());
    const sum = `${'('.repeat(31)}metrics.loss${' + 0)'.repeat(31)}`;
    expect(await valuesOf(store, `${sum} = 1`, sum)).toEqual([['r', 1]]);
    const keys = Array.from({ length: 49 }, (_, at) => `params.k${at} is null`).join(' and ');
    expect(await valuesOf(store, `${keys} order by metrics.loss`)).toEqual([['r']]);
    expect(
      await valuesOf(
        store,
        Array.from({ length: 499 }, () => 'metrics.loss = 2')
          .concat('r')
          .join(' or '),
      ),
    ).toEqual([['r']]);
    await store.close();
  });
});
