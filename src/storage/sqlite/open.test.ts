import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleRun } from '../../testing/sample-run.js';
import { openWriter } from './driver.js';
import { openSqliteStore } from './store.js';

let base: string;
let directory: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'xtrack-open-'));
  directory = join(base, 'deep', 'data');
});

afterEach(() => rm(base, { recursive: true }));

describe('opening a SQLite store', () => {
  it('makes directory and files for this user alone', async () => {
    const store = await openSqliteStore({ directory });
    await store.commit(new SampleRun().log({ seq: 1 }).take());
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const files = await readdir(directory);
    expect(files.sort()).toEqual(['xtrack.db', 'xtrack.db-shm', 'xtrack.db-wal']);
    for (const file of files) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
    await store.close();
    expect(await readdir(directory)).toEqual(['xtrack.db']);
  });

  it('says that there is no data yet when it should only read, and makes nothing', async () => {
    await expect(openSqliteStore({ directory, readOnly: true })).rejects.toMatchObject({
      code: 'XT_STORE_OPEN',
      message: expect.stringContaining('no data yet'),
    });
    expect(existsSync(directory)).toBe(false);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'xtrack.db'), ''); // as a writer leaves it until its first transaction
    await expect(openSqliteStore({ directory, readOnly: true })).rejects.toMatchObject({ code: 'XT_STORE_OPEN' });
  });

  it('refuses to write through a read-only store', async () => {
    await (await openSqliteStore({ directory })).close();
    const store = await openSqliteStore({ directory, readOnly: true });
    await expect(store.commit(new SampleRun().take())).rejects.toMatchObject({ code: 'XT_STORE_READ_ONLY' });
    await expect(store.deleteRun('r')).rejects.toMatchObject({ code: 'XT_STORE_READ_ONLY' });
    expect(await store.findRuns({})).toEqual([]);
    await store.close();
  });

  it('refuses data that a newer version wrote, and leaves it as it is', async () => {
    await (await openSqliteStore({ directory })).close();
    const connection = openWriter(join(directory, 'xtrack.db'));
    connection.exec('PRAGMA user_version = 9999');
    connection.close();
    for (const readOnly of [true, false]) {
      await expect(openSqliteStore({ directory, readOnly })).rejects.toMatchObject({ code: 'XT_STORE_VERSION' });
    }
  });

  it('refuses a file that is no database', async () => {
    await (await openSqliteStore({ directory })).close();
    await writeFile(join(directory, 'xtrack.db'), 'this is not a database, and it is long enough to have a header'.repeat(20));
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({ code: 'XT_STORE_OPEN' });
  });

  it('refuses a directory that cannot be made', async () => {
    await writeFile(join(base, 'deep'), '');
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({ code: 'XT_STORE_OPEN' });
  });

  it('leaves the mode of a directory that was there before', async () => {
    await chmod(base, 0o755);
    await (await openSqliteStore({ directory: base })).close();
    expect((await stat(base)).mode & 0o777).toBe(0o755);
  });

  it('brings the schema up once, however many open at the same time', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => openSqliteStore({ directory })));
    const runs = stores.map(() => new SampleRun());
    await Promise.all(stores.map((store, at) => store.commit((runs[at] as SampleRun).metric({ seq: 1 }).take())));
    expect(await stores[0]?.findRuns({})).toHaveLength(5);
    for (const store of stores) await store.close();
    const connection = openWriter(join(directory, 'xtrack.db'));
    const names = (await readdir(new URL('./migrations/', import.meta.url))).sort();
    expect(connection.prepare('SELECT name FROM migrations').all()).toEqual(names.map((name) => ({ name })));
    expect(connection.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    connection.close();
  });
});
