// What both drivers of SQLite must do alike, whichever this Node has.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isDiskFull, openAlone, openReader, openWriter, sqliteCode, transaction } from '../driver.js';
import { chooseDriver, isSound } from './choice.js';
import type { Connection, Opening } from './connection.js';
import { resultCode } from './result-codes.js';

/** Those that load here. */
const DRIVERS = (['node', 'better'] as const).filter(loads);
const WRITING: Opening = { readonly: false, fileMustExist: false, timeout: 0 };

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-driver-'));
  path = join(directory, 'xtrack.db');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

function loads(name: string): boolean {
  vi.stubEnv('XTRACK_SQLITE', name);
  try {
    return chooseDriver().name === name;
  } catch {
    return false;
  } finally {
    vi.unstubAllEnvs();
  }
}

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

function codeOf(work: () => unknown): string {
  return sqliteCode(failureOf(work));
}

it('is there: one driver at least', () => {
  expect(DRIVERS).not.toEqual([]);
});

describe.each(DRIVERS)('the driver %s', (name) => {
  let connection: Connection;

  beforeEach(() => {
    vi.stubEnv('XTRACK_SQLITE', name);
    connection = openWriter(path);
  });

  afterEach(() => void connection.close());

  const one = (sql: string, ...values: Parameters<ReturnType<Connection['prepare']>['get']>): unknown =>
    connection.prepare(sql).get(...values);

  it('gives back every value as it was given', () => {
    connection.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY, whole INTEGER, real REAL, text TEXT, bytes BLOB)');
    const insert = connection.prepare('INSERT INTO kept (whole, real, text, bytes) VALUES (?, ?, ?, ?)');
    const rows = [
      { whole: 0, real: 0, text: '', bytes: new Uint8Array(0) },
      { whole: -5, real: -0.5, text: 'ümläut 🙂 \u0001', bytes: Uint8Array.of(0, 255, 0) },
      { whole: Number.MAX_SAFE_INTEGER, real: Number.POSITIVE_INFINITY, text: 'x'.repeat(70_000), bytes: Buffer.from('of a pool') },
      { whole: Number.MIN_SAFE_INTEGER, real: 5e-324, text: "'; --", bytes: new Uint8Array(new ArrayBuffer(16), 3, 5) },
      { whole: null, real: null, text: null, bytes: null },
    ];
    for (const [at, { whole, real, text, bytes }] of rows.entries())
      expect(insert.run(whole, real, text, bytes)).toMatchObject({ changes: 1, lastInsertRowid: at + 1 });
    const found = connection.prepare('SELECT whole, real, text, bytes FROM kept ORDER BY id').all() as typeof rows;
    expect(found.map((row) => ({ ...row, bytes: row.bytes && [...row.bytes] }))).toEqual(
      rows.map((row) => ({ ...row, bytes: row.bytes && [...row.bytes] })),
    );
    for (const { bytes } of found) if (bytes !== null) expect(bytes).toBeInstanceOf(Uint8Array);
    expect(one('SELECT typeof(?) AS empty, typeof(?) AS none', new Uint8Array(0), null)).toEqual({ empty: 'blob', none: 'null' });
    expect(one('SELECT ? AS nan', Number.NaN)).toEqual({ nan: null });
  });

  it('reads an integer beyond 2^53 as the nearest number, and takes a bigint', () => {
    expect(one("SELECT 9007199254740993 AS large, 7 AS small, x'00ff' AS bytes")).toEqual({
      large: 9007199254740992,
      small: 7,
      bytes: expect.any(Uint8Array),
    });
    const statement = connection.prepare('SELECT ? AS given');
    expect(statement.all(2n ** 62n)).toEqual([{ given: 2 ** 62 }]);
    expect(statement.all(3n)).toEqual([{ given: 3 }]);
  });

  it('makes rows that are like any other object', () => {
    const row = one('SELECT 1 AS id, 2 AS __proto__x');
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(row).toStrictEqual({ id: 1, __proto__x: 2 });
    expect(one('SELECT 1 WHERE 0')).toBeUndefined();
    expect(connection.prepare('SELECT 1 WHERE 0').all()).toEqual([]);
  });

  it('reads the columns that there are by now', () => {
    connection.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY); INSERT INTO kept VALUES (1)');
    const statement = connection.prepare('SELECT * FROM kept');
    expect(statement.all()).toEqual([{ id: 1 }]);
    connection.exec("ALTER TABLE kept ADD COLUMN text TEXT DEFAULT 'x'");
    expect([statement.get(), statement.all()]).toEqual([{ id: 1, text: 'x' }, [{ id: 1, text: 'x' }]]);
  });

  it('names what goes wrong as SQLite does', async () => {
    connection.exec(
      "CREATE TABLE kept (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE CHECK (text <> 'no')); INSERT INTO kept VALUES (1, 'a')",
    );
    const insert = connection.prepare('INSERT INTO kept VALUES (?, ?)');
    expect(codeOf(() => insert.run(1, 'b'))).toBe('SQLITE_CONSTRAINT_PRIMARYKEY');
    expect(codeOf(() => insert.run(2, 'a'))).toBe('SQLITE_CONSTRAINT_UNIQUE');
    expect(codeOf(() => insert.run(2, null))).toBe('SQLITE_CONSTRAINT_NOTNULL');
    expect(codeOf(() => connection.prepare('INSERT INTO kept VALUES (3, ?) RETURNING id').get('no'))).toBe('SQLITE_CONSTRAINT_CHECK');
    expect(codeOf(() => connection.exec('no such words'))).toBe('SQLITE_ERROR');
    expect(codeOf(() => connection.prepare('SELECT * FROM nowhere'))).toBe('SQLITE_ERROR');
    const pages = (one('PRAGMA page_count') as { page_count: number }).page_count;
    connection.exec(`PRAGMA max_page_count = ${pages}`);
    const full = failureOf(() => insert.run(4, 'x'.repeat(100_000)));
    expect([sqliteCode(full), isDiskFull(full)]).toEqual(['SQLITE_FULL', true]);
    const other = join(directory, 'other.db');
    expect(codeOf(() => chooseDriver().open(other, { ...WRITING, fileMustExist: true }))).toBe('SQLITE_CANTOPEN');
    expect(existsSync(other)).toBe(false);
    await writeFile(other, 'no database, and as long as the head of one must be '.repeat(20));
    const wrong = chooseDriver().open(other, WRITING);
    expect(codeOf(() => wrong.exec('CREATE TABLE t (a)'))).toBe('SQLITE_NOTADB');
    wrong.close();
    expect(failureOf(() => openReader(join(directory, 'nowhere.db')))).toMatchObject({ code: 'XT_STORE_OPEN' });
  });

  it('opens for reading, alone, and by any name of the file', async () => {
    connection.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY)');
    const reader = openReader(path);
    expect(codeOf(() => reader.exec('INSERT INTO kept VALUES (1)'))).toBe('SQLITE_READONLY');
    reader.close();
    connection.close();
    const alone = openAlone(path, 0);
    expect(alone.prepare('SELECT count(*) AS count FROM kept').get()).toEqual({ count: 0 });
    expect(codeOf(() => alone.exec('INSERT INTO kept VALUES (1)'))).toBe('SQLITE_READONLY');
    expect(failureOf(() => openReader(path, 0))).toMatchObject({ code: 'XT_STORE_OPEN', cause: { code: 'SQLITE_BUSY' } });
    alone.close();
    // An address for SQLite, a path for everybody else.
    const odd = join(directory, 'file:odd?mode=memory');
    openWriter(odd).close();
    expect((await stat(odd)).isFile()).toBe(true);
    await symlink(odd, join(directory, 'link.db'));
    openReader(join(directory, 'link.db')).close();
  });

  it('waits for a lock as long as it should, and says so', () => {
    connection.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY); BEGIN IMMEDIATE');
    const other = chooseDriver().open(path, { ...WRITING, timeout: 300 });
    const started = performance.now();
    expect(codeOf(() => other.exec('BEGIN IMMEDIATE'))).toBe('SQLITE_BUSY');
    expect(performance.now() - started).toBeGreaterThan(250);
    connection.exec('COMMIT');
    transaction(other, () => other.exec('INSERT INTO kept VALUES (1)'));
    other.close();
    expect(one('SELECT count(*) AS count FROM kept')).toEqual({ count: 1 });
  });

  it('rolls back what failed, to a savepoint or whole', () => {
    connection.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY)');
    const insert = connection.prepare('INSERT INTO kept VALUES (?)');
    transaction(connection, () => {
      insert.run(1);
      connection.exec('SAVEPOINT part');
      insert.run(2);
      expect(codeOf(() => insert.run(2))).toBe('SQLITE_CONSTRAINT_PRIMARYKEY');
      connection.exec('ROLLBACK TO part; RELEASE part');
      insert.run(3);
    });
    const failure = failureOf(() =>
      transaction(connection, () => {
        insert.run(4);
        insert.run(3);
      }),
    );
    expect(sqliteCode(failure)).toBe('SQLITE_CONSTRAINT_PRIMARYKEY');
    expect(connection.prepare('SELECT id FROM kept').all()).toEqual([{ id: 1 }, { id: 3 }]);
  });

  it('gives a row of what a statement has changed, once', () => {
    connection.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY, text TEXT)');
    const upsert = connection.prepare(
      'INSERT INTO kept VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET text = excluded.text RETURNING id, text',
    );
    expect(upsert.get(5, 'a')).toEqual({ id: 5, text: 'a' });
    expect(upsert.get(5, 'b')).toEqual({ id: 5, text: 'b' });
    expect(connection.prepare('DELETE FROM kept').run()).toMatchObject({ changes: 1 });
    expect(connection.prepare('DELETE FROM kept').run()).toMatchObject({ changes: 0 });
  });

  it('calls functions, and throws what they throw', () => {
    let calls = 0;
    const failure = new RangeError('enough');
    connection.function('asked', (value) => {
      calls += 1;
      if (value === 3) throw failure;
      return 1;
    });
    const sql = 'WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT ?) SELECT n FROM n WHERE asked(n)';
    expect(connection.prepare(sql).all(2)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(failureOf(() => connection.prepare(sql).all(1_000_000))).toBe(failure);
    expect(calls).toBe(5);
    // The connection is as good as before.
    expect(connection.prepare(sql).all(1)).toEqual([{ n: 1 }]);
    expect(codeOf(() => connection.exec('no such words'))).toBe('SQLITE_ERROR');
  });

  it('copies the database into a file', () => {
    connection.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY); INSERT INTO kept VALUES (7)');
    const copy = join(directory, "a 'copy'.db");
    connection.prepare('VACUUM INTO ?').run(copy);
    const reader = openReader(copy);
    expect(reader.prepare('SELECT id FROM kept').all()).toEqual([{ id: 7 }]);
    reader.close();
  });

  it('lets go of everything when it is closed, in the middle of a transaction too, and may be closed again', () => {
    connection.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY); BEGIN IMMEDIATE; INSERT INTO kept VALUES (1)');
    const statement = connection.prepare('SELECT * FROM kept');
    expect(statement.all()).toHaveLength(1);
    connection.close();
    connection.close();
    expect(failureOf(() => statement.all())).toBeInstanceOf(Error);
    expect(existsSync(`${path}-wal`)).toBe(false);
    const again = openWriter(path);
    expect(again.prepare('SELECT * FROM kept').all()).toEqual([]);
    again.close();
  });

  it('prints no warning, in no process that loads it', () => {
    const built = fileURLToPath(new URL('../../../../dist/storage/sqlite/driver.js', import.meta.url));
    const program = `import(${JSON.stringify(built)}).then(({ openWriter }) => openWriter(${JSON.stringify(path)}).close())`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('the choice', () => {
  it('is Node itself where its SQLite is sound', () => {
    vi.stubEnv('XTRACK_SQLITE', '');
    expect(chooseDriver().name).toBe(isSound(process.versions.sqlite ?? '0') ? 'node' : 'better');
  });

  it('is told from a word that names none', () => {
    vi.stubEnv('XTRACK_SQLITE', 'bun');
    expect(failureOf(chooseDriver)).toMatchObject({
      code: 'XT_ARGUMENT',
      field: 'XTRACK_SQLITE',
      message: expect.stringContaining("'node' or 'better', not 'bun'"),
    });
    expect(failureOf(() => openWriter(path))).toMatchObject({ code: 'XT_ARGUMENT' });
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    [
      'nothing is installed',
      '',
      undefined,
      'MODULE_NOT_FOUND',
      /Node \d[\d.]+ brings no SQLite, and better-sqlite3 is not installed; use Node 24\.15/,
    ],
    [
      'it was compiled for another Node',
      '',
      undefined,
      'ERR_DLOPEN_FAILED',
      /brings no SQLite, and better-sqlite3 does not load: planted; use Node/,
    ],
    [
      'that of Node is too old',
      '',
      '3.47.2',
      'MODULE_NOT_FOUND',
      /SQLite 3\.47\.2 can corrupt .*3\.51\.3 or newer.*, and better-sqlite3 is not/,
    ],
    [
      'the other one was asked for',
      'better',
      '3.53.0',
      'MODULE_NOT_FOUND',
      /leaves that of Node .* alone, and better-sqlite3 is not installed/,
    ],
    [
      'that of Node was asked for',
      'node',
      undefined,
      'MODULE_NOT_FOUND',
      /Node \d[\d.]+ brings no SQLite \(field XTRACK_SQLITE\); use Node 24\.15/,
    ],
  ])('says what to do where there is none: %s', (_, asked, own, better, message) => {
    expect(openWithout(asked, own, better)).toEqual({ code: 'XT_SQLITE', message: expect.stringMatching(message) });
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['3.51.3', true],
    ['3.51.2', false],
    ['3.52.0', true],
    ['3.53', true],
    ['3.50.9', false],
    ['4.0.0', true],
    ['2.99.99', false],
    ['0', false],
  ])('SQLite %s is sound: %s', (version, sound) => {
    expect(isSound(version)).toBe(sound);
  });
});

/** What opening throws in a process whose Node brings this SQLite (undefined: none), and where better-sqlite3 cannot be loaded. */
function openWithout(asked: string, own: string | undefined, better: string): unknown {
  const built = fileURLToPath(new URL('../../../../dist/storage/sqlite/driver.js', import.meta.url));
  const program = `
    const own = ${JSON.stringify(own ?? null)};
    process.getBuiltinModule = () => (own === null ? undefined : {});
    Object.defineProperty(process, 'versions', { value: { ...process.versions, sqlite: own } });
    const Module = require('node:module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (name, ...rest) {
      if (name.startsWith('better-sqlite3')) throw Object.assign(new Error('planted\\nand more'), { code: ${JSON.stringify(better)} });
      return resolve.call(this, name, ...rest);
    };
    import(${JSON.stringify(built)}).then(({ openWriter }) => {
      try {
        openWriter(${JSON.stringify(path)});
      } catch ({ code, message }) {
        console.log(JSON.stringify({ code, message }));
      }
    });`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: { ...process.env, XTRACK_SQLITE: asked },
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

it.each([
  [1, 'SQLITE_ERROR'],
  [5, 'SQLITE_BUSY'],
  [5 | (2 << 8), 'SQLITE_BUSY_SNAPSHOT'],
  [10 | (3 << 8), 'SQLITE_IOERR_WRITE'],
  [10 | (4 << 8), 'SQLITE_IOERR_FSYNC'],
  [10 | (18 << 8), 'SQLITE_IOERR_SHMOPEN'],
  [10 | (19 << 8), 'SQLITE_IOERR_SHMSIZE'],
  [10 | (21 << 8), 'SQLITE_IOERR_SHMMAP'],
  [10 | (34 << 8), 'SQLITE_IOERR_IN_PAGE'],
  [10 | (99 << 8), 'SQLITE_IOERR'],
  [13, 'SQLITE_FULL'],
  [14 | (5 << 8), 'SQLITE_CANTOPEN_DIRTYWAL'],
  [4 | (1 << 8), 'SQLITE_ABORT'],
  [19 | (8 << 8), 'SQLITE_CONSTRAINT_UNIQUE'],
  [26, 'SQLITE_NOTADB'],
  [28, 'SQLITE_WARNING'],
  [0, 'SQLITE_UNKNOWN'],
  [250, 'SQLITE_UNKNOWN'],
])('SQLite calls %i %s', (number, name) => {
  expect(resultCode(number)).toBe(name);
});
