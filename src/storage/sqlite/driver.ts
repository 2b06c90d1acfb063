// How a connection to SQLite is opened, and what is done with one, whichever driver it is of. In the storage thread only.

import { XTrackError } from '../../protocol/errors.js';
import { chooseDriver, isSound, unsound } from './drivers/choice.js';
import type { Connection } from './drivers/connection.js';

export type { Connection, SqlValue, Statement } from './drivers/connection.js';

/** How long a statement waits for another process's lock (ms). */
const BUSY_TIMEOUT = 5_000;
/** Each try waits for the lock as long as a statement may. */
const BUSY_TRIES = 3;
/** The write-ahead log is cut back to this after it grew (bytes). */
const JOURNAL_LIMIT = 64 * 1024 * 1024;
/** Pages (of 4 KiB) in the write-ahead log before it is written back: fewer fsyncs than the default 1,000. */
const AUTO_CHECKPOINT = 4_000;
/** Pages kept in memory, for each connection (KiB). */
const CACHE_KIB = 16_000;
/** What SQLite says where the disk is full, or the file may not grow. */
const FULL = /^SQLITE_(FULL|IOERR_(WRITE|SHMSIZE|SHMOPEN|SHMMAP))/;

/** Opens the writing connection; makes the file where there is none. Throws XT_STORE_OPEN, XT_SQLITE. */
export function openWriter(path: string): Connection {
  const connection = open(path, false);
  // Before the first table, and never again: it would write to the file each time.
  if (numberFrom(connection, 'PRAGMA page_count') === 0) connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
  // Settings are per connection; journal_mode alone stays in the file.
  connection.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${JOURNAL_LIMIT};
    PRAGMA wal_autocheckpoint = ${AUTO_CHECKPOINT}; PRAGMA temp_store = MEMORY`);
  return connection;
}

/** Opens a connection that only reads. Throws XT_STORE_OPEN, XT_SQLITE. */
export function openReader(path: string, busyFor?: number): Connection {
  return open(path, true, undefined, busyFor);
}

/**
 * Opens a connection that only reads and needs no index of the write-ahead log beside the file, for which a full disk has no room. As
 * long as it is open no other process gets in. Throws XT_STORE_OPEN, XT_SQLITE.
 */
export function openAlone(path: string, busyFor?: number): Connection {
  // Before any other statement: even one that reads no table would look for the index.
  return open(path, false, 'PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY', busyFor);
}

/** The number in a one-row, one-column result. */
export function numberFrom(connection: Connection, sql: string): number {
  const row = connection.prepare(sql).get() as Record<string, number> | undefined;
  return Number(Object.values(row ?? {})[0] ?? 0);
}

/** SQLite's name for what went wrong, such as SQLITE_FULL; '' where the error is not SQLite's. */
export function sqliteCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : '';
}

/** True where there was no room for what had to be written, whether it was data or a side file. */
export function isDiskFull(error: unknown): boolean {
  return FULL.test(sqliteCode(error)) || (error instanceof XTrackError && FULL.test(sqliteCode(error.cause)));
}

/** One transaction of the writing connection: begun with patience, and given up whole. */
export function transaction<T>(connection: Connection, body: () => T): T {
  begin(connection);
  try {
    const result = body();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    rollback(connection);
    throw error;
  }
}

function begin(connection: Connection): void {
  for (let attempt = 1; ; attempt++) {
    try {
      connection.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!sqliteCode(error).startsWith('SQLITE_BUSY') || attempt === BUSY_TRIES) throw error;
    }
  }
}

function rollback(connection: Connection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back by itself (disk full, I/O error).
  }
}

function open(path: string, readonly: boolean, first?: string, timeout = BUSY_TIMEOUT): Connection {
  let connection: Connection | undefined;
  try {
    connection = chooseDriver().open(path, { readonly, fileMustExist: readonly || first !== undefined, timeout });
    if (first !== undefined) connection.exec(first);
    checkVersion(connection);
    connection.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    return connection;
  } catch (error) {
    connection?.close();
    throw XTrackError.from(error, 'XT_STORE_OPEN');
  }
}

function checkVersion(connection: Connection): void {
  const { version } = connection.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  if (!isSound(version)) throw new XTrackError('XT_SQLITE', { detail: unsound(version) });
}
