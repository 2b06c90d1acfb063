import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleRun } from '../../testing/sample-run.js';
import type { Store } from '../store.js';
import { type Connection, openReader, openWriter } from './driver.js';
import { openSqliteStore } from './store.js';

const MIGRATIONS = new URL('./migrations/', import.meta.url);

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-upkeep-'));
  path = join(directory, 'xtrack.db');
});

afterEach(() => rm(directory, { recursive: true }));

async function fill(store: Store, runId: string): Promise<void> {
  const run = new SampleRun(runId);
  for (let seq = 1; seq <= 20_000; seq++) run.metric({ seq, value: Math.random() });
  await store.commit(run.take());
}

describe('giving space back', () => {
  it('makes the file smaller after a run was deleted, while commits go on', async () => {
    const store = await openSqliteStore({ directory });
    await fill(store, 'large');
    await fill(store, 'stays');
    await store.deleteRun('large');
    const compacting = store.compact?.();
    const run = new SampleRun('meanwhile');
    for (let seq = 1; seq <= 50; seq++) await store.commit(run.log({ seq }).take());
    const compacted = await compacting;
    expect(compacted?.after).toBeLessThan((compacted?.before ?? 0) * 0.7);
    await store.close();
    expect((await stat(path)).size).toBeLessThan((compacted?.before ?? 0) * 0.7);
    const again = await openSqliteStore({ directory, readOnly: true });
    expect(await again.listSeries('stays')).toMatchObject([{ count: 20_000 }]);
    expect(await again.getEntries({ runId: 'meanwhile', kind: 'log' })).toHaveLength(50);
    await again.close();
  });

  it('writes a file from before there was this once anew', async () => {
    makeOld(1, 'PRAGMA auto_vacuum = NONE');
    const store = await openSqliteStore({ directory });
    await fill(store, 'large');
    await store.deleteRun('large');
    const first = await store.compact?.();
    expect(first?.after).toBeLessThan((first?.before ?? 0) * 0.5);
    await store.close();
    const connection = openReader(path);
    expect(connection.prepare('PRAGMA auto_vacuum').get()).toEqual({ auto_vacuum: 2 });
    expect(connection.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    connection.close();
  });
});

describe('data of an older schema', () => {
  it('is not read as it is: it says to open it for writing once, and then reads', async () => {
    makeOld(1);
    await expect(openSqliteStore({ directory, readOnly: true })).rejects.toMatchObject({
      code: 'XT_STORE_OLD',
      message: expect.stringMatching(/schema 1\b.*open it once for writing/),
    });
    await (await openSqliteStore({ directory })).close();
    const store = await openSqliteStore({ directory, readOnly: true });
    expect(await store.findRuns({})).toEqual([]);
    await store.close();
  });

  it('is kept beside itself as it was before it is brought up', async () => {
    makeOld(2);
    const newest = (await readdir(MIGRATIONS)).length;
    await Promise.all(Array.from({ length: 3 }, async () => (await openSqliteStore({ directory })).close()));
    const kept = `${path}.before-${String(newest).padStart(4, '0')}`;
    expect((await readdir(directory)).sort()).toEqual(['xtrack.db', `xtrack.db.before-${String(newest).padStart(4, '0')}`]);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    const connection = openReader(kept);
    expect(connection.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
    expect(connection.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    connection.close();
  });

  it('is not copied where there was nothing yet', async () => {
    await (await openSqliteStore({ directory })).close();
    expect(existsSync(path)).toBe(true);
    expect(await readdir(directory)).toEqual(['xtrack.db']);
  });
});

/** A database as the version that knew so many migrations left it. */
function makeOld(schema: number, settings = ''): void {
  const connection = openPlain(settings);
  connection.exec('CREATE TABLE migrations (name TEXT PRIMARY KEY) WITHOUT ROWID');
  for (const name of ['0001-first.sql', '0002-search.sql'].slice(0, schema)) {
    connection.exec(readFileSync(new URL(name, MIGRATIONS), 'utf8'));
    connection.prepare('INSERT INTO migrations (name) VALUES (?)').run(name);
  }
  connection.exec(`PRAGMA user_version = ${schema}`);
  connection.close();
}

function openPlain(settings: string): Connection {
  const connection = openWriter(path);
  // openWriter sets auto_vacuum, which holds from the first table on.
  connection.exec(settings);
  return connection;
}
