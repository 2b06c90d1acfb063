// Looks a database file over without writing to it, for whoever wants to know whether it is sound.

import { statSync } from 'node:fs';
import { numberFrom, openReader } from './driver.js';
import { chooseDriver } from './drivers/choice.js';
import { newestSchema } from './migrate.js';

export interface Examined {
  /** What SQLite finds wrong, at most 20; empty: nothing. */
  readonly faults: readonly string[];
  readonly schema: number;
  /** The newest that this version knows. */
  readonly newest: number;
  readonly bytes: number;
  /** What reads it: the version, and who brings it. */
  readonly sqlite: string;
  /** Of the write-ahead log. */
  readonly walBytes: number;
}

/** Reads the whole file. Throws XT_STORE_OPEN, and what SQLite throws of a file that is none of its own. */
export function examine(path: string): Examined {
  const connection = openReader(path);
  try {
    const rows = connection.prepare('PRAGMA integrity_check(20)').all() as { integrity_check: string }[];
    const { version } = connection.prepare('SELECT sqlite_version() AS version').get() as { version: string };
    return {
      faults: rows.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
      schema: numberFrom(connection, 'PRAGMA user_version'),
      newest: newestSchema(),
      sqlite: `SQLite ${version} of ${chooseDriver().name === 'node' ? 'Node' : 'better-sqlite3'}`,
      bytes: statSync(path).size,
      walBytes: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    };
  } finally {
    connection.close();
  }
}
