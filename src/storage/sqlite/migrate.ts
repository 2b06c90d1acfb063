// Brings the schema up to date: numbered SQL files, each once, all in one transaction, so that a kill leaves old or new.

import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { inPackage } from '../../package/root.js';
import { XTrackError } from '../../protocol/errors.js';
import { copyInto, settle } from './backup.js';
import { type Connection, numberFrom } from './driver.js';
import { fillSearch } from './writes/search-writer.js';

const FOLDER = inPackage('src/storage/sqlite/migrations/');

/** The migration that SQL alone cannot do. */
const SEARCH = 2;

interface Migration {
  readonly name: string;
  readonly number: number;
}

/** Databases up to this size (bytes) are copied before their schema changes; a larger one would keep its users waiting. */
const MOST_COPIED = 256 * 1024 * 1024;

/** Runs what is missing on the file at `path`. Throws XT_STORE_VERSION where the schema is newer than this version knows. */
export async function migrate(connection: Connection, path: string): Promise<void> {
  const migrations = listMigrations();
  const newest = migrations.at(-1)?.number ?? 0;
  const current = checkSchema(connection, newest);
  if (current === newest) return;
  if (current > 0) keepCopy(connection, path, current, newest);
  connection.exec('BEGIN IMMEDIATE');
  try {
    checkSchema(connection, newest);
    const done = new Set(executed(connection));
    const note = connection.prepare('INSERT INTO migrations (name) VALUES (?)');
    for (const { name, number } of migrations) {
      if (done.has(name)) continue;
      apply(connection, name, number);
      note.run(name);
    }
    connection.exec('COMMIT');
  } catch (error) {
    connection.exec('ROLLBACK');
    throw XTrackError.from(error, 'XT_STORE_OPEN');
  }
}

/** The schema number of the file. Throws XT_STORE_VERSION where it is newer than `newest`. */
export function checkSchema(connection: Connection, newest = listMigrations().at(-1)?.number ?? 0): number {
  const current = numberFrom(connection, 'PRAGMA user_version');
  if (current <= newest) return current;
  throw new XTrackError('XT_STORE_VERSION', { detail: `the data has schema ${current}, this version knows up to ${newest}` });
}

/** The same for a database that is only read: it cannot be brought up. Throws XT_STORE_OLD. */
export function checkUpToDate(connection: Connection): number {
  const newest = listMigrations().at(-1)?.number ?? 0;
  const current = checkSchema(connection, newest);
  if (current === 0 || current === newest) return current;
  throw new XTrackError('XT_STORE_OLD', { detail: `the data has schema ${current}, this version reads schema ${newest}` });
}

/** The database as it was, beside it: `xtrack.db.before-0003` where migration 3 comes next. */
function keepCopy(connection: Connection, path: string, current: number, newest: number): void {
  const kept = `${path}.before-${String(newest).padStart(4, '0')}`;
  const bytes = numberFrom(connection, 'PRAGMA page_count') * numberFrom(connection, 'PRAGMA page_size');
  if (bytes > MOST_COPIED || existsSync(kept)) return;
  const partial = `${kept}.${randomUUID()}.partial`;
  try {
    copyInto(connection, partial);
    // Another process may have brought it up in the meantime.
    if (schemaOf(partial) === current) settle(partial, kept);
  } catch (error) {
    throw XTrackError.from(error, 'XT_STORE_OPEN');
  } finally {
    rmSync(partial, { force: true });
  }
}

/** PRAGMA user_version as it stands in the head of a database file. */
function schemaOf(path: string): number {
  const head = Buffer.alloc(64);
  const handle = openSync(path, 'r');
  try {
    readSync(handle, head);
  } finally {
    closeSync(handle);
  }
  return head.readInt32BE(60);
}

/** The newest schema that this version knows. */
export function newestSchema(): number {
  return listMigrations().at(-1)?.number ?? 0;
}

function listMigrations(): Migration[] {
  const names = readdirSync(FOLDER).filter((name) => /^\d{4}-.+\.sql$/.test(name));
  return names.sort().map((name) => ({ name, number: Number(name.slice(0, 4)) }));
}

function apply(connection: Connection, name: string, number: number): void {
  connection.exec(readFileSync(new URL(name, FOLDER), 'utf8'));
  if (number === SEARCH) fillSearch(connection);
  connection.exec(`PRAGMA user_version = ${number}`);
}

function executed(connection: Connection): string[] {
  connection.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID');
  return connection
    .prepare('SELECT name FROM migrations ORDER BY name')
    .all()
    .map((row) => (row as { name: string }).name);
}
